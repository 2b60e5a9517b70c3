import { equal, ok, rejects } from 'node:assert/strict';
import {
  type Batch,
  type DirtyRecord,
  type ErrorCode,
  nextEpoch,
  SluiceError,
  type StreamProgress,
  uuidv7,
  type WritePlan,
} from '@sluice/model';
import type { Connector } from '../connector.ts';
import type { ChannelWriter, Offered, Unit, Writer, WriterClaim } from '../writer.ts';
import type { Opened } from './reader-fixture.ts';
import { encodeRows, TARGET_SCHEMA, type TargetRow, type WriterFixture } from './writer-fixture.ts';

export interface WritingOptions extends Partial<Omit<WritePlan, 'streams'>> {
  /** The channel of each split; default: one split on channel 0. */
  readonly channels?: readonly number[];
}

export function planWriting({ channels = [0], ...given }: WritingOptions = {}): WritePlan {
  return {
    task: uuidv7(),
    generation: uuidv7(),
    run: uuidv7(),
    mode: 'insert',
    truncateFirst: false,
    createTable: false,
    schema: TARGET_SCHEMA,
    streams: channels.map((channel, split) => ({
      split,
      channel,
      readerEpoch: nextEpoch(0),
      writerEpoch: nextEpoch(0),
    })),
    dirtyLimit: -1,
    ...given,
  };
}

/** One generation's writing, as the runtime does it. */
export class Writing {
  readonly plan: WritePlan;
  readonly writer: Writer;
  readonly #channels: ChannelWriter[] = [];
  #epoch: number;

  private constructor(plan: WritePlan, writer: Writer) {
    this.plan = plan;
    this.writer = writer;
    this.#epoch = Math.max(...plan.streams.map(({ writerEpoch }) => writerEpoch));
  }

  static async open(connector: Connector, target: Opened, plan: WritePlan): Promise<Writing> {
    return new Writing(plan, await connector.openWriter!(target.config, target.parameters));
  }

  async close(): Promise<void> {
    for (const channel of this.#channels.splice(0)) await channel.close();
    await this.writer.close();
  }

  /** Splits of a channel. */
  splits(channel = 0): number[] {
    return this.plan.streams.filter((stream) => stream.channel === channel).map(({ split }) => split);
  }

  /** A claim with an epoch above all that this writing has claimed. */
  nextClaim(channel = 0): WriterClaim {
    return { channel, epoch: (this.#epoch = nextEpoch(this.#epoch)), holder: uuidv7() };
  }

  takeOver(claim: WriterClaim): Promise<readonly StreamProgress[]> {
    return this.writer.takeOver(this.plan, this.splits(claim.channel), claim);
  }

  /** Takes a channel over and opens it. */
  async channel(channel = 0): Promise<ChannelWriter> {
    const claim = this.nextClaim(channel);
    for (const row of await this.takeOver(claim)) equal(row.writerEpoch, claim.epoch);
    return this.opened(claim);
  }

  async opened(claim: WriterClaim): Promise<ChannelWriter> {
    const opened = await this.writer.openChannel(this.plan, claim);
    this.#channels.push(opened);
    return opened;
  }

  /** What the target has of a split: as a new writer would find it. */
  async found(split = 0): Promise<StreamProgress> {
    const { channel } = this.plan.streams.find((stream) => stream.split === split)!;
    const rows = await this.takeOver(this.nextClaim(channel));
    const row = rows.find((candidate) => candidate.split === split);
    ok(row !== undefined, `a takeover answers no row of split ${split}`);
    return row;
  }

  batch(split: number, seq: number, rows: readonly TargetRow[], more: Partial<Batch> = {}): Batch {
    const { task, generation, run, streams } = this.plan;
    const { channel, readerEpoch } = streams.find((stream) => stream.split === split) ?? streams[0]!;
    const encoded = encodeRows(rows, this.plan.schema.columns.length < TARGET_SCHEMA.columns.length);
    const dirty = more.dirty ?? [];
    return {
      kind: 'data',
      task,
      generation,
      run,
      split,
      channel,
      epoch: readerEpoch,
      seq,
      position: `p${seq}`,
      recordCount: rows.length,
      filteredCount: 0,
      dirtyCount: dirty.length,
      sourceBytes: encoded.length,
      rows: encoded,
      dirty,
      ...more,
    };
  }

  /** `read`: the reader's total. */
  final(split: number, seq: number, read: number, more: Partial<Batch> = {}): Batch {
    return this.batch(split, seq, [], { kind: 'final', position: 'end', total: { read, bytes: 0 }, ...more });
  }
}

/** Prepares a generation for `body`, and closes everything behind it. */
export async function writing(
  connector: Connector,
  target: Opened,
  options: WritingOptions,
  body: (writing: Writing) => Promise<void>,
): Promise<void> {
  const opened = await Writing.open(connector, target, planWriting(options));
  try {
    await opened.writer.prepare(opened.plan);
    await body(opened);
  } finally {
    await opened.close();
  }
}

export async function added(unit: Unit, ...batches: readonly Batch[]): Promise<void> {
  for (const batch of batches) equal((await unit.offer(batch)).kind, 'added', `batch ${batch.seq}`);
}

/** Commits batches as one unit. */
export async function commit(
  channel: ChannelWriter,
  ...batches: readonly Batch[]
): Promise<readonly StreamProgress[]> {
  const unit = await channel.begin();
  try {
    await added(unit, ...batches);
    return await unit.commit();
  } catch (error) {
    await unit.rollback();
    throw error;
  }
}

/** A step that is awaited later: the check may fail before, and then nobody asks what became of the step. */
export function meanwhile<T>(step: Promise<T>): Promise<T> {
  step.catch(() => undefined);
  return step;
}

/**
 * Commits a unit that somebody else's step meets, and answers whether that was possible. Where steps wait for open units it must
 * be; where nothing waits ('waits') the other step may have been faster, and then nothing of the unit is left.
 */
export async function commitMet(unit: Unit, { without }: WriterFixture): Promise<boolean> {
  try {
    await unit.commit();
    return true;
  } catch (error) {
    if (!('waits' in without) || !(error instanceof SluiceError)) throw error;
    await unit.rollback();
    return false;
  }
}

/** What a unit of its own answers to one batch; it is rolled back. */
export async function answerTo(channel: ChannelWriter, batch: Batch): Promise<Offered> {
  const unit = await channel.begin();
  try {
    return await unit.offer(batch);
  } finally {
    await unit.rollback();
  }
}

/** Throws unless the promise fails with one of these codes. */
export async function refuses(
  attempt: Promise<unknown>,
  ...codes: readonly ErrorCode[]
): Promise<SluiceError> {
  let failure: SluiceError | undefined;
  await rejects(attempt, (error) => {
    ok(error instanceof SluiceError, `an error without a code: ${String(error)}`);
    ok(codes.includes(error.code), `${error.message}, expected ${codes.join(' or ')}`);
    failure = error;
    return true;
  });
  return failure!;
}

/** A record that could not be mapped, as it rides in a batch. */
export const unmapped = (index: number): DirtyRecord => ({
  index,
  code: 'SLUICE_MAP_CAST',
  reason: 'The value cannot be cast.',
  record: `{"index":${index}}`,
});

/** Rows `from` to `to`, all good. */
export const rowsFrom = (from: number, to: number): TargetRow[] =>
  Array.from({ length: to - from + 1 }, (_, n) => [from + n, `row ${from + n}`, (from + n) * 2]);
