import { existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type {
  DataSourceConfig,
  ChannelWriter,
  Connector,
  Parameters,
  Unit,
  Writer,
  WriterClaim,
} from '@sluice/connector-sdk';
import {
  type Batch,
  type BatchLimits,
  DEFAULT_BATCH_LIMITS,
  type DirtyRecord,
  nextEpoch,
  type Position,
  type ReadPlan,
  type RowSchema,
  type StreamProgress,
  uuidv7,
  type WritePlan,
} from '@sluice/model';
import { compressBlock } from './compression.ts';
import type { FileFormat } from './file-format.ts';
import { localFiles } from './local-files.ts';
import { permitFileRoot } from './roots.ts';
import { TextFile } from './text-file.ts';
import { cut } from './text-plan.ts';
import type { TextFormat } from './text-reader.ts';
import type { Piece } from './text-split.ts';

/** Where there is one, a file system in memory: a protocol of many small durable steps is tried in a tenth of the time. */
const MEMORY = '/dev/shm';

const made: string[] = [];
process.once('exit', () => {
  for (const root of made) rmSync(root, { recursive: true, force: true });
});

/** A folder of a test that this process may use. `isSmall`: only little will be written. */
export function testRoot(isSmall = false): string {
  const above = isSmall && existsSync(MEMORY) ? MEMORY : tmpdir();
  const root = realpathSync(mkdtempSync(join(above, 'sluice-files-')));
  made.push(root);
  permitFileRoot(root);
  return root;
}

export interface Reading {
  readonly plan: ReadPlan;
  /** Encoded rows of all splits, in order. */
  readonly rows: Buffer;
  readonly count: number;
  readonly dirty: readonly DirtyRecord[];
  /** Per split and batch: where reading goes on, and how many bytes of rows came so far. */
  readonly positions: readonly { split: number; position: Position; bytes: number; dirty: number }[];
}

/** Reads everything a reader gives; `from`: only the rest of one split. */
export async function readFiles(
  connector: Connector,
  root: string,
  parameters: Parameters,
  options: {
    channels?: number;
    limits?: BatchLimits;
    plan?: ReadPlan;
    from?: { split: number; position: Position };
  } = {},
): Promise<Reading> {
  const reader = await connector.openReader!({ root }, parameters);
  const plan = options.plan ?? (await reader.plan({ channels: options.channels ?? 1 }));
  const rows: Buffer[] = [];
  const dirty: DirtyRecord[] = [];
  const positions: { split: number; position: Position; bytes: number; dirty: number }[] = [];
  let [bytes, count] = [0, 0];
  for (const split of plan.splits) {
    if (options.from !== undefined && split.ordinal !== options.from.split) continue;
    const reading = reader.read(split, options.from?.position ?? null, {
      limits: options.limits ?? DEFAULT_BATCH_LIMITS,
      signal: new AbortController().signal,
    });
    for await (const batch of reading) {
      rows.push(batch.rows);
      bytes += batch.rows.length;
      count += batch.recordCount;
      dirty.push(...batch.dirty);
      positions.push({ split: split.ordinal, position: batch.position!, bytes, dirty: dirty.length });
    }
  }
  await reader.close();
  return { plan, rows: Buffer.concat(rows), count, dirty, positions };
}

export { dealPieces } from './text-split.ts';

/** Pieces of about `every` bytes of a file. */
export async function cutFile(
  folder: string,
  path: string,
  format: TextFormat,
  every: number,
): Promise<readonly Piece[]> {
  const file = await TextFile.open(await localFiles({ root: folder })(), path, format.encoding);
  const pinned = await file.pin();
  try {
    return await cut(file, { ...pinned, from: 0, to: pinned.size, line: 0 }, format, every);
  } finally {
    await file.close();
  }
}

/** Batches of one split: encoded rows and how many there are. */
export type SplitRows = readonly { readonly rows: Buffer; readonly count: number }[];

export function filePlan(schema: RowSchema, splits: number, more: Partial<WritePlan> = {}): WritePlan {
  return {
    task: uuidv7(),
    generation: uuidv7(),
    run: uuidv7(),
    mode: 'insert',
    truncateFirst: false,
    createTable: true,
    schema,
    streams: Array.from({ length: splits }, (_, split) => ({
      split,
      channel: 0,
      readerEpoch: nextEpoch(0),
      writerEpoch: nextEpoch(0),
    })),
    dirtyLimit: 0,
    ...more,
  };
}

/** A writer that owns the one channel of a plan. */
export class Owner {
  readonly plan: WritePlan;
  readonly writer: Writer;
  readonly claim: WriterClaim;
  rows: readonly StreamProgress[];
  #channel: ChannelWriter | undefined;

  private constructor(plan: WritePlan, writer: Writer, claim: WriterClaim, rows: readonly StreamProgress[]) {
    this.plan = plan;
    this.writer = writer;
    this.claim = claim;
    this.rows = rows;
  }

  /** Prepares the generation where that was not done and takes its channel over from whoever has it. */
  static async of(
    connector: Connector,
    root: string | DataSourceConfig,
    parameters: Parameters,
    plan: WritePlan,
    above = 0,
  ): Promise<Owner> {
    const config = typeof root === 'string' ? { root } : root;
    const writer = await connector.openWriter!(config, parameters);
    await writer.prepare(plan);
    const splits = plan.streams.map((stream) => stream.split);
    const base = Math.max(above, ...plan.streams.map((stream) => stream.writerEpoch));
    const claim = { channel: 0, epoch: nextEpoch(base), holder: uuidv7() };
    return new Owner(plan, writer, claim, await writer.takeOver(plan, splits, claim));
  }

  async unit(): Promise<Unit> {
    this.#channel ??= await this.writer.openChannel(this.plan, this.claim);
    return this.#channel.begin();
  }

  /** One batch in a unit of its own. */
  async write(batch: Batch): Promise<readonly StreamProgress[]> {
    const unit = await this.unit();
    try {
      const offered = await unit.offer(batch);
      if (offered.kind !== 'added') throw new Error(`The batch was not added: ${offered.kind}.`);
      return await unit.commit();
    } catch (error) {
      await unit.rollback();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#channel?.close();
    await this.writer.close();
  }
}

/** A whole file as a format makes it, a block a batch, without the protocol around it. */
export async function writeEncoded(path: string, format: FileFormat, all: SplitRows): Promise<void> {
  const blocks = [await compressBlock(format.compression, format.head())];
  const notes: Buffer[] = [];
  const encoder = format.encoder();
  let at = blocks[0]!.length;
  for (const { rows, count } of all) {
    encoder.add(rows, count);
    const { data, note } = encoder.take(at);
    const block = await compressBlock(format.compression, data);
    at += block.length;
    blocks.push(block);
    if (note !== undefined) notes.push(note);
  }
  blocks.push(format.tail([{ notes: Buffer.concat(notes), shift: 0 }]));
  writeFileSync(path, Buffer.concat(blocks));
}

/** The n-th batch (from 1) of a split; one behind the last is its final. */
export function batchOf(plan: WritePlan, split: number, seq: number, all: SplitRows): Batch {
  const stream = plan.streams.find((candidate) => candidate.split === split)!;
  const given = all[seq - 1];
  const read = all.reduce((sum, each) => sum + each.count, 0);
  return {
    kind: given === undefined ? 'final' : 'data',
    task: plan.task,
    generation: plan.generation,
    run: plan.run,
    split,
    channel: 0,
    epoch: stream.readerEpoch,
    seq,
    position: String(seq),
    recordCount: given?.count ?? 0,
    filteredCount: 0,
    dirtyCount: 0,
    sourceBytes: given?.rows.length ?? 0,
    rows: given?.rows ?? Buffer.alloc(0),
    dirty: [],
    ...(given === undefined ? { total: { read, bytes: 0 } } : {}),
  };
}

/** Writes splits one after the other, a unit a batch, and publishes them. */
export async function writeFiles(
  connector: Connector,
  root: string,
  parameters: Parameters,
  schema: RowSchema,
  splits: readonly SplitRows[],
  more: Partial<WritePlan> = {},
): Promise<WritePlan> {
  const plan = filePlan(schema, splits.length, more);
  const owner = await Owner.of(connector, root, parameters, plan);
  for (const [split, all] of splits.entries())
    for (let seq = 1; seq <= all.length + 1; seq++) await owner.write(batchOf(plan, split, seq, all));
  await owner.writer.finish(plan);
  await owner.close();
  return plan;
}
