import { openSource, type Reader } from '@sluice/connector-sdk';
import { asSluiceError, type SluiceError } from '@sluice/model';
import type { SplitClaim, StageOrder } from '@sluice/ports';
import { AheadWindow } from './ahead-window.ts';
import { ReadLoop } from './read-loop.ts';
import { flowTopic, type RunningStage, SAY_AGAIN, type StageContext } from './stage.ts';

/** Claims that a worker remembers. */
const MOST_BEGUN = 10_000;

interface Reading {
  readonly epoch: number;
  readonly loop: ReadLoop;
  readonly controller: AbortController;
  readonly done: Promise<void>;
  failed?: SluiceError;
}

/** Reads the splits that the coordinator gives to this worker; the orders' claims are the only truth about which (D-5). */
export class ReadStage implements RunningStage {
  readonly #context: StageContext;
  #order: StageOrder;
  readonly #window = new AheadWindow();
  readonly #reading = new Map<number, Reading>();
  readonly #channels = new Map<number, Promise<void>>();
  readonly #unsubscribe: () => void;
  #reader: Promise<Reader> | undefined;
  #stopped = false;
  #saidAt: number;

  constructor(context: StageContext, order: StageOrder) {
    this.#context = context;
    this.#order = order;
    this.#saidAt = context.clock.now();
    this.#unsubscribe = context.signals.subscribe(flowTopic(order.run), (message) => {
      const [split, epoch, seq] = message.split(':').map(Number) as [number, number, number];
      if (this.#reading.get(split)?.epoch === epoch) this.#window.applied(split, seq);
    });
    this.update(order);
  }

  update(order: StageOrder): void {
    if (this.#stopped) return;
    this.#order = order;
    for (const [split, state] of Object.entries(order.committed))
      this.#window.applied(Number(split), Math.max(state.seq, state.applied));
    const claims = new Map((order.claims ?? []).map((claim) => [claim.split, claim]));
    for (const [split, reading] of this.#reading) {
      if (claims.get(split)?.epoch === reading.epoch) continue;
      reading.controller.abort();
      this.#reading.delete(split);
      this.#window.reset(split);
    }
    for (const claim of claims.values()) if (!this.#reading.has(claim.split)) this.#begin(claim);
    this.#sayAgain();
  }

  #sayAgain(): void {
    const now = this.#context.clock.now();
    if (now - this.#saidAt < SAY_AGAIN) return;
    this.#saidAt = now;
    for (const { loop, failed } of this.#reading.values()) {
      loop.say();
      if (failed !== undefined) this.#context.reporter.failure(failed);
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#unsubscribe();
    for (const reading of this.#reading.values()) reading.controller.abort();
    await Promise.all([...this.#reading.values()].map((reading) => reading.done));
    await this.#reader?.then((reader) => reader.close()).catch(() => undefined);
  }

  /**
   * A claim comes again when the store was set back. Reading it again from its start would give other batches the numbers of those that
   * were published then (D-1a): a seal is asked for, and with it a new epoch.
   */
  #begin(claim: SplitClaim): void {
    const { split, epoch, seq } = claim;
    const { begun, reporter } = this.#context;
    const name = `${this.#order.plan.generation} ${split} ${epoch}`;
    if (begun.has(name)) return reporter.add({ gaps: [{ split, readerEpoch: epoch, seq }] }, true);
    begun.add(name);
    if (begun.size > MOST_BEGUN) begun.delete(begun.values().next().value!);
    this.#start(claim);
  }

  #start(claim: SplitClaim): void {
    const controller = new AbortController();
    this.#window.reset(claim.split, claim.seq);
    const loop = new ReadLoop({
      context: this.#context,
      order: () => this.#order,
      window: this.#window,
      claim,
      signal: controller.signal,
      reader: () => this.#open(),
      inChannel: (channel, send) => this.#inChannel(channel, send),
    });
    const done = loop.run().catch((thrown: unknown) => {
      if (controller.signal.aborted) return;
      reading.failed = asSluiceError(thrown);
      this.#context.reporter.failure(reading.failed);
    });
    const reading: Reading = { epoch: claim.epoch, loop, controller, done };
    this.#reading.set(claim.split, reading);
  }

  /** The reader is shared by the splits; one that could not be opened is tried anew at the next call. */
  #open(): Promise<Reader> {
    this.#reader ??= (async (): Promise<Reader> => {
      const access = this.#order.access!;
      const connector = await this.#context.connectors(access.connector);
      return openSource(connector, access);
    })().catch((error: unknown) => {
      this.#reader = undefined;
      throw error;
    });
    return this.#reader;
  }

  /** One publish in flight a channel (D-5), also when two of its splits are read at once. */
  #inChannel(channel: number, send: () => Promise<void>): Promise<void> {
    const sent = (this.#channels.get(channel) ?? Promise.resolve()).then(send);
    this.#channels.set(
      channel,
      sent.catch(() => undefined),
    );
    return sent;
  }
}
