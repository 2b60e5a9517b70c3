import { crashPoint, type ReadBatch, type Reader } from '@sluice/connector-sdk';
import type { Batch, BatchKind, Position } from '@sluice/model';
import type { SplitClaim, StageOrder } from '@sluice/ports';
import { encodeBatch } from '@sluice/wire';
import type { AheadWindow } from './ahead-window.ts';
import { spanOf } from './batch-span.ts';
import { retrying, type StageContext } from './stage.ts';
import { Throttle } from './throttle.ts';

export interface ReadLoopOptions {
  readonly context: StageContext;
  /** The stage's order as it is now. */
  readonly order: () => StageOrder;
  readonly window: AheadWindow;
  readonly claim: SplitClaim;
  readonly signal: AbortSignal;
  readonly reader: () => Promise<Reader>;
  readonly inChannel: (channel: number, send: () => Promise<void>) => Promise<void>;
}

/**
 * Reads one split under one claim and publishes it: seq goes on from the claim without a gap (D-4), totals too (D-6). A
 * source that fails while nothing was published since the last position is read again from there under the same epoch;
 * otherwise too, as the seq already says what was sent: the reader's position after the last published batch is known here.
 */
export class ReadLoop {
  readonly #options: ReadLoopOptions;
  readonly #throttle: Throttle;
  #seq: number;
  #read: number;
  #bytes: number;
  #position: Position | null;
  /** A batch without a position was published: the split cannot be taken up in the middle under this epoch. */
  #unresumable = false;
  #final = false;

  constructor(options: ReadLoopOptions) {
    this.#options = options;
    this.#throttle = new Throttle(options.context, options.order);
    this.#seq = options.claim.seq;
    this.#read = options.claim.read;
    this.#bytes = options.claim.bytes;
    this.#position = options.claim.position;
  }

  async run(): Promise<void> {
    const { context, signal, claim } = this.#options;
    await retrying(
      context,
      signal,
      (error) => {
        context.reporter.failure(error);
        // Somebody has to freeze what was sent: ask for a seal, which gives this split a new claim (D-6).
        if (this.#unresumable)
          context.reporter.add(
            { gaps: [{ split: claim.split, readerEpoch: claim.epoch, seq: claim.seq }] },
            true,
          );
      },
      async () => {
        if (this.#unresumable) return;
        await this.#readOn();
      },
    );
  }

  /** Says what is published, also when it was said before. */
  say(): void {
    if (this.#seq > this.#options.claim.seq) this.#produced(this.#final);
  }

  async #readOn(): Promise<void> {
    const { order, signal, claim } = this.#options;
    const planned = order().plan.read.splits.find((split) => split.ordinal === claim.split)!;
    const reader = await this.#options.reader();
    const options = {
      limits: this.#throttle.limits,
      signal,
      ...(order().plan.columns === undefined ? {} : { columns: order().plan.columns! }),
    };
    // One batch is read ahead while the last one is under way to the bus; never two publishes at once (D-5).
    let publishing: Promise<void> | undefined;
    try {
      for await (const batch of reader.read(planned, this.#position, options)) {
        crashPoint('reader.afterFetch');
        await publishing;
        if (signal.aborted) return;
        publishing = this.#publish('data', batch);
        // It is awaited before the next one; until then its failure is nobody's unhandled rejection.
        publishing.catch(() => undefined);
      }
    } finally {
      // Also when the source failed: reading starts anew behind what was published.
      await publishing;
    }
    if (signal.aborted) return;
    await this.#publish('final', {
      rows: Buffer.alloc(0),
      recordCount: 0,
      dirty: [],
      position: this.#position,
    });
  }

  async #publish(kind: BatchKind, read: ReadBatch): Promise<void> {
    const { context, order, window, signal, claim } = this.#options;
    const { plan, run, output, aheadBytes, aheadBatches } = order();
    const records = read.recordCount + read.dirty.length;
    await this.#throttle.pay(records, read.rows.length, signal);
    await window.room(claim.split, { bytes: aheadBytes, batches: aheadBatches }, signal);
    if (signal.aborted) return;
    const stream = plan.write.streams.find((candidate) => candidate.split === claim.split)!;
    this.#seq++;
    this.#read += records;
    this.#bytes += read.rows.length;
    const batch: Batch = {
      kind,
      task: plan.write.task,
      generation: plan.generation,
      run,
      split: claim.split,
      channel: stream.channel,
      epoch: claim.epoch,
      seq: this.#seq,
      // A final's position is the split's end: nothing is read after it, so any text serves.
      position: kind === 'final' ? (read.position ?? 'end') : read.position,
      recordCount: read.recordCount,
      filteredCount: 0,
      dirtyCount: read.dirty.length,
      sourceBytes: read.rows.length,
      rows: read.rows,
      dirty: read.dirty,
      ...(kind === 'final' ? { total: { read: this.#read, bytes: this.#bytes } } : {}),
    };
    const message = encodeBatch(batch, plan.readSchemaId, spanOf(order().traceId, 'read', batch));
    window.sent(claim.split, this.#seq, message.value.length);
    await this.#options.inChannel(stream.channel, () => this.#send(output!, stream.channel, message));
    if (kind === 'data') {
      if (read.position === null) this.#unresumable = true;
      else this.#position = read.position;
    }
    crashPoint('reader.afterProduce');
    this.#final = kind === 'final';
    if (this.#final)
      context.reporter.log('info', `Read to its end: ${this.#read} records in ${this.#seq} batches.`, {
        split: claim.split,
      });
    this.#produced(this.#final);
    if (this.#seq % 8 === 0)
      context.signals.publish(`read:${run}`, `${claim.split}:${this.#read}:${this.#bytes}`);
  }

  /** D-5: a failed produce is repeated with the same bytes, for as long as the claim is ours. */
  async #send(
    topic: string,
    channel: number,
    message: { headers: Record<string, string>; value: Buffer },
  ): Promise<void> {
    const { context, signal } = this.#options;
    await retrying(
      context,
      signal,
      (error) => context.reporter.failure(error),
      () => context.bus.publish(topic, channel, message, signal),
    );
  }

  #produced(final: boolean): void {
    const { context, claim } = this.#options;
    const said = { split: claim.split, epoch: claim.epoch, seq: this.#seq, final };
    context.reporter.add({ produced: [said] }, final);
  }
}
