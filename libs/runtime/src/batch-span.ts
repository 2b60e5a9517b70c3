import { type Batch, parseTraceparent, spanIdOf, type Stage, traceparentOf } from '@sluice/model';
import type { BusMessage, LogLine } from '@sluice/ports';

/** The `traceparent` of a batch that a stage publishes: its own span within the trace of the run; undefined without one. */
export function spanOf(traceId: string | undefined, stage: Stage, batch: Batch): string | undefined {
  if (traceId === undefined) return undefined;
  const { generation, split, epoch, seq } = batch;
  return traceparentOf({ traceId, spanId: spanIdOf(`${stage}:${generation}:${split}:${epoch}:${seq}`) });
}

/** Which trace a message belongs to, by its header. */
export function traceOf({ headers }: Pick<BusMessage, 'headers'>): Pick<LogLine, 'traceId' | 'spanId'> {
  return parseTraceparent(headers['traceparent']) ?? {};
}
