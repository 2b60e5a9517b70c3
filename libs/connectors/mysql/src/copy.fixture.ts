import { randomBytes } from 'node:crypto';
import type { DataSourceConfig, Reader, ReadBatch, Writer } from '@sluice/connector-sdk';
import {
  type Batch,
  DEFAULT_BATCH_LIMITS,
  nextEpoch,
  type Position,
  type ReadPlan,
  type StreamProgress,
  uuidv7,
  type WritePlan,
} from '@sluice/model';
import { createConnection } from 'mysql2/promise';
import { connector } from './index.ts';

/** A database of a test, with plain statements for what the connector is compared with. */
export interface TestDatabase {
  readonly config: DataSourceConfig;
  /** Runs statements; answers the last one's rows as text. */
  run(...statements: readonly string[]): Promise<(string | null)[][]>;
  insert(table: string, rows: readonly (readonly (string | null)[])[]): Promise<void>;
  /** Signs in as a new user, who has only the rights that `grants` give to `$user` in `$database`. */
  stranger(...grants: readonly string[]): Promise<DataSourceConfig>;
  close(): Promise<void>;
}

export async function openDatabase(url: string): Promise<TestDatabase> {
  const { hostname, port, username, password, pathname } = new URL(url);
  const settings = {
    host: hostname,
    port: Number(port || 3306),
    database: pathname.slice(1),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
  };
  const connection = await createConnection({ ...settings, charset: 'utf8mb4' });
  await connection.query("set session sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00'");
  const users: string[] = [];
  const run: TestDatabase['run'] = async (...statements) => {
    let rows: unknown = [];
    for (const sql of statements)
      [rows] = await connection.query({ sql, rowsAsArray: true, typeCast: (field) => field.string() });
    return Array.isArray(rows) ? (rows as (string | null)[][]) : [];
  };
  return {
    config: settings,
    run,
    insert: async (table, rows) => void (await connection.query(`insert into ${table} values ?`, [rows])),
    stranger: async (...grants) => {
      const user = `u_${randomBytes(6).toString('hex')}`;
      users.push(user);
      await run(`create user ${user} identified by 'stranger'`);
      await run(
        ...grants.map((grant) => grant.replaceAll('$user', user).replaceAll('$database', settings.database)),
      );
      return { ...settings, user, password: 'stranger' };
    },
    close: async () => {
      for (const user of users) await run(`drop user ${user}`);
      await connection.end();
    },
  };
}

export interface CopyOptions {
  readonly channels?: number;
  readonly write?: Partial<WritePlan>;
  readonly limits?: { readonly maxRecords: number; readonly maxBytes: number };
  readonly reader?: Readonly<Record<string, unknown>>;
}

export interface CopyResult {
  readonly readPlan: ReadPlan;
  readonly rows: readonly StreamProgress[];
  readonly dirty: readonly { readonly code: string; readonly column?: string; readonly reason: string }[];
}

export function writePlan(
  readPlan: Pick<ReadPlan, 'splits' | 'schema'>,
  given: Partial<WritePlan> = {},
): WritePlan {
  return {
    task: uuidv7(),
    generation: uuidv7(),
    run: uuidv7(),
    mode: 'insert',
    truncateFirst: false,
    createTable: false,
    schema: readPlan.schema,
    streams: readPlan.splits.map(({ ordinal }) => ({
      split: ordinal,
      channel: 0,
      readerEpoch: nextEpoch(0),
      writerEpoch: nextEpoch(0),
    })),
    dirtyLimit: -1,
    ...given,
  };
}

/** Copies a table through reader and writer as the runtime would: one channel, one unit a split. */
export async function copyTable(
  from: DataSourceConfig,
  source: string,
  to: DataSourceConfig,
  target: string,
  options: CopyOptions = {},
): Promise<CopyResult> {
  const reader = await connector.openReader!(from, { table: source, ...options.reader });
  const writer = await connector.openWriter!(to, { table: target });
  const readPlan = await reader.plan({ channels: options.channels ?? 1 });
  const plan = writePlan(readPlan, options.write);
  await writer.prepare(plan);
  const written = await writeBatches(writer, plan, async function* (split) {
    yield* readSplit(reader, readPlan, split, null, options.limits);
  });
  await writer.finish(plan);
  await reader.close();
  return { readPlan, ...written };
}

export async function* readSplit(
  reader: Reader,
  plan: ReadPlan,
  split: number,
  from: Position | null,
  limits = DEFAULT_BATCH_LIMITS,
): AsyncGenerator<ReadBatch> {
  yield* reader.read(plan.splits[split]!, from, { limits, signal: new AbortController().signal });
}

/** Writes each split's batches and its final in one unit. */
export async function writeBatches(
  writer: Writer,
  plan: WritePlan,
  batches: (split: number) => AsyncIterable<ReadBatch>,
): Promise<Omit<CopyResult, 'readPlan'>> {
  const claim = { channel: 0, epoch: nextEpoch(plan.streams[0]!.writerEpoch), holder: uuidv7() };
  await writer.takeOver(
    plan,
    plan.streams.map((stream) => stream.split),
    claim,
  );
  const channel = await writer.openChannel(plan, claim);
  const rows: StreamProgress[] = [];
  const dirty: CopyResult['dirty'][number][] = [];
  try {
    for (const stream of plan.streams) {
      const unit = await channel.begin();
      try {
        let seq = 0;
        const total = { read: 0, bytes: 0 };
        const offer = async (batch: Partial<Batch>): Promise<void> => {
          const offered = await unit.offer({ ...emptyBatch(plan, stream, ++seq), ...batch });
          if (offered.kind !== 'added') throw new Error(`a batch was ${offered.kind}`);
        };
        for await (const batch of batches(stream.split)) {
          total.read += batch.recordCount + batch.dirty.length;
          total.bytes += batch.rows.length;
          await offer({ ...batch, dirtyCount: batch.dirty.length, sourceBytes: batch.rows.length });
        }
        await offer({ kind: 'final', total });
        rows.push(...(await unit.commit()));
        dirty.push(...unit.dirty);
      } catch (error) {
        await unit.rollback();
        throw error;
      }
    }
  } finally {
    await channel.close();
  }
  return { rows, dirty };
}

function emptyBatch(plan: WritePlan, stream: WritePlan['streams'][number], seq: number): Batch {
  const { task, generation, run } = plan;
  return {
    kind: 'data',
    task,
    generation,
    run,
    split: stream.split,
    channel: stream.channel,
    epoch: stream.readerEpoch,
    seq,
    position: null,
    recordCount: 0,
    filteredCount: 0,
    dirtyCount: 0,
    sourceBytes: 0,
    rows: Buffer.alloc(0),
    dirty: [],
  };
}
