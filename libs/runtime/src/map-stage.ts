import { crashPoint } from '@sluice/connector-sdk';
import { compileMapping, type ResolvedMapping } from '@sluice/mapping';
import { asSluiceError, type Batch } from '@sluice/model';
import type { Lane, StageOrder } from '@sluice/ports';
import { decodeBatch, encodeBatch } from '@sluice/wire';
import { spanOf, traceOf } from './batch-span.ts';
import { LaneStage, type LaneWork } from './lane-stage.ts';
import { retrying, type StageContext } from './stage.ts';

/** Longest wait for a message, in milliseconds: how soon an idle loop sees nothing but its signal. */
const IDLE = 1000;

/** Maps batch by batch (D-8): same identity, one publish in flight, so that a channel keeps its order. */
export class MapStage extends LaneStage {
  constructor(context: StageContext, order: StageOrder) {
    super(context, order, new MapWork(context, order), () => undefined);
  }
}

class MapWork implements LaneWork {
  readonly #context: StageContext;
  readonly #order: StageOrder;
  #map: (batch: Batch) => Batch = (batch) => batch;

  constructor(context: StageContext, order: StageOrder) {
    this.#context = context;
    this.#order = order;
  }

  /** A mapping that cannot be compiled ends the run, not the worker. */
  async ready(): Promise<void> {
    const { mapping, secrets, plan } = this.#order;
    this.#map = compileMapping(mapping as ResolvedMapping, plan.read.schema, secrets);
  }

  async lane(lane: Lane, signal: AbortSignal): Promise<void> {
    const { reporter, bus } = this.#context;
    const { plan, output } = this.#order;
    while (!signal.aborted) {
      const message = await lane.next(IDLE);
      if (message === undefined) continue;
      crashPoint('mapper.afterConsume');
      const batch = this.#decode(message);
      // A batch of another generation is nobody's; a gap that an unreadable one leaves heals from the source (D-11).
      if (batch !== undefined && batch.generation === plan.generation && batch.task === plan.write.task) {
        const mapped = encodeBatch(
          this.#map(batch),
          plan.mappedSchemaId,
          spanOf(traceOf(message).traceId, 'map', batch),
        );
        await retrying(
          this.#context,
          signal,
          (error) => reporter.failure(error),
          () => bus.publish(output!, batch.channel, mapped, signal),
        );
        if (signal.aborted) return;
        crashPoint('mapper.afterProduce');
      } else if (batch !== undefined) reporter.add({ healing: { unknown: 1 } });
      lane.commit(message.offset);
    }
  }

  async close(): Promise<void> {}

  #decode(message: {
    headers: Readonly<Record<string, string>>;
    value: Buffer;
    offset: number;
  }): Batch | undefined {
    try {
      return decodeBatch(message.headers, message.value);
    } catch (error) {
      const { code, detail } = asSluiceError(error);
      this.#context.reporter.add({ healing: { undecodable: 1 } });
      this.#context.reporter.log('warn', `Message ${message.offset} put aside: ${detail}`, {
        stage: 'map',
        code,
        ...traceOf({ headers: message.headers }),
      });
      return undefined;
    }
  }
}
