import type { StreamProgress, WritePlan } from '@sluice/model';
import type { TargetConnections } from './target.ts';
import type { ChannelWriter, Writer, WriterClaim } from './writer.ts';

/** Runs the write side of the delivery protocol (D-9 to D-17, D-23) on any transactional target. */
export class TransactionalWriter implements Writer {
  readonly connections: TargetConnections;
  constructor(connections: TargetConnections) {
    this.connections = connections;
  }
  prepare(_plan: WritePlan): Promise<void> {
    throw new Error('being written');
  }
  takeOver(
    _plan: WritePlan,
    _splits: readonly number[],
    _claim: WriterClaim,
  ): Promise<readonly StreamProgress[]> {
    throw new Error('being written');
  }
  seal(_plan: WritePlan, _split: number, _readerEpoch: number): Promise<StreamProgress> {
    throw new Error('being written');
  }
  openChannel(_plan: WritePlan, _claim: WriterClaim): Promise<ChannelWriter> {
    throw new Error('being written');
  }
  finish(_plan: WritePlan): Promise<void> {
    throw new Error('being written');
  }
  cancel(_plan: WritePlan): Promise<void> {
    throw new Error('being written');
  }
  close(): Promise<void> {
    throw new Error('being written');
  }
}
