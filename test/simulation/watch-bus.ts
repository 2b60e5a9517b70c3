import type { BusMessage, StageOrder } from '@sluice/ports';
import { type BatchIds, readMeta } from '@sluice/wire';
import type { SimServer } from './sim-target.ts';
import type { Process, World } from './world.ts';
import { RateWatch } from './watch-rate.ts';

/** How far ahead readers may be, as the schedule's orders say (D-18). */
export interface Ahead {
  readonly bytes: number;
  readonly batches: number;
}

/** What one reader has published of a split under one epoch. */
interface Reading {
  readonly process: Process;
  readonly generation: string;
  readonly split: number;
  readonly epoch: number;
  last: number;
  /** What is not yet taken into a transaction: seq to bytes. */
  readonly ahead: Map<number, number>;
}

/** Sees every publish and knows what the rules say about it, whatever becomes of the message. */
export class BusWatch {
  readonly rate: RateWatch;
  readonly #world: World;
  readonly #server: SimServer;
  readonly #limits: Ahead | undefined;
  readonly #inFlight = new Set<string>();
  readonly #sent = new Map<string, string>();
  readonly #readings = new Map<string, Reading>();

  constructor(world: World, server: SimServer, limits: Ahead | undefined) {
    this.#world = world;
    this.#server = server;
    this.#limits = limits;
    this.rate = new RateWatch(world);
  }

  /** Called when a publish begins; answers what is to be called when it ends. */
  sending(process: Process, topic: string, channel: number, message: BusMessage): () => void {
    const ids = readMeta(message.headers);
    const lane = `${process.name} ${topic} ${channel}`;
    const stage = topic.slice(topic.lastIndexOf('.') + 1);
    // A mapper that has lost a channel may still be sending while it is given back to it.
    if (stage === 'read' && this.#inFlight.has(lane))
      this.#world.wrong(`D-5: two publishes are in flight in ${lane}.`);
    this.#inFlight.add(lane);
    if (ids.channel !== channel)
      this.#world.wrong(`D-2: a batch of channel ${ids.channel} is sent to channel ${channel}.`);
    const id = `${ids.generation} ${ids.split} ${ids.epoch} ${ids.seq}`;
    const known = this.#sent.get(`${stage} ${id}`);
    const bytes = `${message.headers['sluice-length']} ${message.headers['sluice-crc32']}`;
    if (known !== undefined && known !== bytes)
      this.#world.wrong(
        `${stage === 'read' ? 'D-5' : 'D-8'}: batch ${id} is sent to ${stage} with other bytes than before.`,
      );
    this.#sent.set(`${stage} ${id}`, bytes);
    if (stage === 'read') {
      if (known === undefined) this.#read(process, ids, message.value.length);
    } else if (!this.#sent.has(`read ${id}`))
      this.#world.wrong(`D-8: batch ${id} is mapped, but nobody has read it.`);
    return () => this.#inFlight.delete(lane);
  }

  /** A writer has taken a batch into its open transaction. */
  applied(split: number, epoch: number, seq: number): void {
    for (const reading of this.#readings.values())
      if (reading.split === split && reading.epoch === epoch)
        for (const sent of reading.ahead.keys()) if (sent <= seq) reading.ahead.delete(sent);
  }

  /** A worker gets its orders: what it no longer reads is not ahead. */
  ordered(process: Process, orders: readonly StageOrder[], mostInFlight: number): void {
    const claimed = new Set(
      orders.flatMap(({ plan, claims = [] }) =>
        claims.map(({ split, epoch }) => `${plan.generation} ${split} ${epoch}`),
      ),
    );
    for (const [key, reading] of this.#readings)
      if (reading.process === process && !claimed.has(key)) reading.ahead.clear();
    for (const order of orders)
      if (order.stage === 'read') this.rate.ordered(process, order.run, order.rowsPerSecond, mostInFlight);
  }

  #read(process: Process, ids: BatchIds, bytes: number): void {
    this.rate.count(ids.recordCount + ids.dirtyCount);
    const reading = this.#follow(process, ids);
    const row = this.#server.streams.get(`${ids.task} ${ids.generation} ${ids.split}`);
    this.applied(ids.split, ids.epoch, row?.seq ?? 0);
    if (this.#limits !== undefined) this.#isNear(reading, this.#limits);
    reading.ahead.set(ids.seq, bytes);
  }

  /** D-4: under a new epoch seq goes on from the sealed row, under an epoch one by one. */
  #follow(process: Process, { task, generation, split, epoch, seq }: BatchIds): Reading {
    const key = `${generation} ${split} ${epoch}`;
    const known = this.#readings.get(key);
    if (known !== undefined) {
      if (seq !== known.last + 1)
        this.#world.wrong(`D-4: batch ${seq} of split ${split} follows ${known.last}.`);
      known.last = seq;
      return known;
    }
    const row = this.#server.streams.get(`${task} ${generation} ${split}`);
    const from = row?.seq ?? 0;
    if ((row === undefined || row.readerEpoch === epoch) && seq !== from + 1)
      this.#world.wrong(`D-4: split ${split} is at ${from} and is read on with batch ${seq}.`);
    const reading = { process, generation, split, epoch, last: seq, ahead: new Map<number, number>() };
    this.#readings.set(key, reading);
    return reading;
  }

  #isNear({ process, split, ahead }: Reading, limits: Ahead): void {
    if (ahead.size >= limits.batches)
      this.#world.wrong(
        `D-18: ${process.name} is ${ahead.size + 1} batches ahead in split ${split}, not ${limits.batches}.`,
      );
    if (ahead.size === 0) return;
    let bytes = 0;
    for (const reading of this.#readings.values()) {
      if (reading.process !== process || reading.ahead.size === 0) continue;
      // Each split may have passed the check with one batch at the same moment.
      const sizes = [...reading.ahead.values()];
      bytes += sizes.reduce((sum, size) => sum + size, 0) - Math.max(...sizes);
    }
    if (bytes >= limits.bytes)
      this.#world.wrong(`D-18: ${process.name} is more than ${bytes} bytes ahead, not ${limits.bytes}.`);
  }
}
