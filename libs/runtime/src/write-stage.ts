import type { ChannelWriter, Writer, WriterClaim } from '@sluice/connector-sdk';
import { asSluiceError, EPOCH_FENCED, SluiceError, type StreamProgress, type WritePlan } from '@sluice/model';
import type { Lane, StageOrder } from '@sluice/ports';
import { LaneStage, type LaneWork } from './lane-stage.ts';
import { backoff, retrying, type StageContext } from './stage.ts';
import { WriteLoop } from './write-loop.ts';

/** Prepares the generation, then applies the channels that the bus gives to this worker. */
export class WriteStage extends LaneStage {
  readonly #work: WriteWork;

  constructor(context: StageContext, order: StageOrder) {
    const work = new WriteWork(context, order);
    super(context, order, work, (now) => work.update(now));
    this.#work = work;
  }

  get plan(): WritePlan {
    return this.#work.plan;
  }

  /** Ends the generation in the target (D-22), after telling what the store has not heard of. */
  async finish(untold: readonly number[]): Promise<void> {
    await this.#work.tell(untold);
    await (await this.writer()).finish(this.plan);
  }

  /** The stage's writer, for seals: any worker of the stage may do them. */
  writer(): Promise<Writer> {
    return this.#work.writer();
  }
}

/** A channel that is this worker's, and what it found there. */
interface Taken {
  readonly claim: WriterClaim;
  readonly rows: readonly StreamProgress[];
}

class WriteWork implements LaneWork {
  readonly #context: StageContext;
  #order: StageOrder;
  #writer: Promise<Writer> | undefined;

  constructor(context: StageContext, order: StageOrder) {
    this.#context = context;
    this.#order = order;
  }

  get plan(): WritePlan {
    return this.#order.plan.write;
  }

  update(order: StageOrder): void {
    this.#order = order;
  }

  writer(): Promise<Writer> {
    this.#writer ??= (async (): Promise<Writer> => {
      const access = this.#order.access!;
      const connector = await this.#context.connectors(access.connector);
      return connector.openWriter!(access.config, access.parameters);
    })().catch((error: unknown) => {
      this.#writer = undefined;
      throw error;
    });
    return this.#writer;
  }

  async ready(): Promise<void> {
    const writer = await this.writer();
    // Repeating it after `prepared` does nothing, so nobody has to be sure that somebody did it.
    await writer.prepare(this.#order.plan.write);
    this.#context.reporter.add({ prepared: true }, true);
  }

  /** Takes the channel over and applies it; starts anew, with a higher epoch, when it was fenced but is still given. */
  async lane(lane: Lane, signal: AbortSignal): Promise<void> {
    const { reporter } = this.#context;
    for (let attempt = 0; !signal.aborted; attempt++) {
      let channel: ChannelWriter | undefined;
      try {
        const taken = await this.#takeOver(lane.channel, signal);
        if (taken === undefined) return;
        await this.tell(taken.rows.filter(({ counts }) => counts.dirty > 0).map(({ split }) => split));
        reporter.add({ progress: taken.rows }, true);
        channel = await (await this.writer()).openChannel(this.#order.plan.write, taken.claim);
        await new WriteLoop({ context: this.#context, order: () => this.#order, lane, channel, signal }).run(
          () => {
            attempt = 0;
          },
        );
      } catch (thrown) {
        const error = asSluiceError(thrown);
        if (signal.aborted) return;
        if (error.kind === 'fenced') {
          reporter.log('info', `Channel ${lane.channel} was taken over by a newer writer.`, {
            stage: 'write',
          });
          reporter.add({ healing: { fenced: 1 } });
        } else if (error.kind === 'transient') reporter.failure(error);
        else throw error;
        await this.#context.clock.sleep(error.retryAfterMs ?? backoff(attempt, this.#context.clock), signal);
        await lane.rewind();
      } finally {
        await channel?.close().catch(() => undefined);
      }
    }
  }

  async close(): Promise<void> {
    await this.#writer?.then((writer) => writer.close()).catch(() => undefined);
  }

  /** Tells the dirty records of streams again: who found them may have died, or not been heard, after the commit (D-17). */
  async tell(splits: readonly number[]): Promise<void> {
    const writer = await this.writer();
    for (const split of splits)
      this.#context.reporter.add({ dirty: await writer.lastDirty(this.#order.plan.write, split) });
  }

  /** D-13: raises epoch and holder in the rows of all the channel's planned streams and reports what it finds. */
  async #takeOver(channel: number, signal: AbortSignal): Promise<Taken | undefined> {
    const { coordination, worker, reporter } = this.#context;
    const { plan, run } = this.#order;
    const splits = plan.write.streams
      .filter((stream) => stream.channel === channel)
      .map((stream) => stream.split);
    const writer = await this.writer();
    let above = 0;
    for (let attempt = 0; attempt < 10 && !signal.aborted; attempt++) {
      const claimed = await retrying(
        this.#context,
        signal,
        (error) => reporter.failure(error),
        () => coordination.claimChannel(worker, run, channel, above),
      );
      if (claimed === undefined) return undefined;
      const claim = { channel, epoch: claimed.epoch, holder: worker };
      if (splits.length === 0) return { claim, rows: [] };
      const rows = await writer.takeOver(plan.write, splits, claim);
      above = Math.max(...rows.map((row) => row.writerEpoch));
      if (rows.every((row) => row.writerEpoch === claim.epoch && row.writerHolder === worker))
        return { claim, rows };
      reporter.add({ progress: rows }, true);
      if (above === EPOCH_FENCED)
        throw new SluiceError(
          'SLUICE_TGT_REPLACED',
          'The generation is cancelled or replaced in the target.',
        );
    }
    throw new SluiceError('SLUICE_TGT_FENCED', `Channel ${channel} could not be taken over.`);
  }
}
