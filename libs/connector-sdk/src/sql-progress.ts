import {
  EPOCH_FENCED,
  type DirtyKey,
  type DirtyRecord,
  type StreamId,
  type StreamProgress,
  TASK_ROW,
  type WritePlan,
} from '@sluice/model';
import type { KeptDirtyRecord, ProgressTable, TaskRow } from './target.ts';

export type SqlValue = string | number | null;

/** What differs between SQL targets as far as the progress table is concerned. */
export interface SqlDialect {
  /** Quotes an identifier. */
  quote(name: string): string;
  /** The n-th placeholder, from 1. */
  placeholder(n: number): string;
  /** Appended to a select that must lock its rows. */
  readonly forUpdate: string;
  /** Appended to an insert that must do nothing for a row that is there. */
  readonly ifAbsent: string;
  /** Put between `insert` and `into` for the same purpose, where the dialect does it there. */
  readonly insertWord: string;
  /** Types of a 64-bit integer, of a key column of up to 64 characters, of long text. */
  readonly types: { readonly long: string; readonly id: string; readonly text: string };
  /** Appended to `create table`. */
  readonly tableOptions: string;
}

/** One session as SqlProgress needs it: rows come as text, numbers or null. */
export interface SqlSession {
  query(sql: string, parameters: readonly SqlValue[]): Promise<readonly (readonly unknown[])[]>;
}

export const PROGRESS = '_sluice_progress';
export const DIRTY = '_sluice_dirty';

const COLUMNS = [
  'split',
  'writer_epoch',
  'writer_holder',
  'reader_epoch',
  'seq',
  'position',
  'n_read',
  'n_written',
  'n_filtered',
  'n_dirty',
  'n_bytes',
  'is_final',
] as const;

/**
 * `_sluice_progress` and `_sluice_dirty` in SQL. The task row is (task, '', -1) with the current generation in `run_id` and the steps done in `seq`, so that
 * one table and one key serve both. Statements of the protocol never make dirty records (D-16).
 */
export class SqlProgress implements ProgressTable {
  readonly #session: SqlSession;
  readonly #dialect: SqlDialect;
  readonly #table: string;
  readonly #dirty: string;

  /** `schema` is quoted already, with its dot; '' for the session's own. */
  constructor(session: SqlSession, dialect: SqlDialect, schema = '') {
    this.#session = session;
    this.#dialect = dialect;
    this.#table = schema + dialect.quote(PROGRESS);
    this.#dirty = schema + dialect.quote(DIRTY);
  }

  async ensure(): Promise<void> {
    const { long, id, text } = this.#dialect.types;
    const numbers = [
      'writer_epoch',
      'reader_epoch',
      'seq',
      'n_read',
      'n_written',
      'n_filtered',
      'n_dirty',
      'n_bytes',
    ];
    await this.#run(
      `create table if not exists ${this.#table} (task_id ${id} not null, generation ${id} not null, split ${long} not null,
         run_id ${id}, phase ${id}, writer_holder ${id}, position ${text}, is_final ${long} not null,
         ${numbers.map((name) => `${this.#name(name)} ${long} not null`).join(', ')},
         primary key (task_id, generation, split))${this.#dialect.tableOptions}`,
    );
    await this.#run(
      `create table if not exists ${this.#dirty} (task_id ${id} not null, generation ${id} not null, split ${long} not null,
         epoch ${long} not null, seq ${long} not null, ${this.#name('index')} ${long} not null, code ${id}, column_name ${text},
         reason ${text}, record ${text}, primary key (task_id, generation, split, epoch, seq, ${this.#name('index')}))${this.#dialect.tableOptions}`,
    );
  }

  async lockTask(task: string): Promise<TaskRow> {
    const values = [task, '', TASK_ROW, '', 'new', '', null, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    await this.#run(
      `${this.#dialect.insertWord} into ${this.#table} (task_id, generation, split, run_id, phase, writer_holder, position, is_final,
         writer_epoch, reader_epoch, seq, n_read, n_written, n_filtered, n_dirty, n_bytes)
         values (${this.#marks(1, values.length)}) ${this.#dialect.ifAbsent}`,
      values,
    );
    const [row] = await this.#run(
      `select run_id, phase, seq from ${this.#table} where task_id = ${this.#mark(1)} and generation = '' and split = ${TASK_ROW} ${this.#dialect.forUpdate}`,
      [task],
    );
    const [generation, phase, steps] = row!;
    return {
      task,
      generation: String(generation),
      phase: String(phase) as TaskRow['phase'],
      steps: Number(steps),
    };
  }

  async saveTask(row: TaskRow): Promise<void> {
    await this.#run(
      `update ${this.#table} set run_id = ${this.#mark(1)}, phase = ${this.#mark(2)}, seq = ${this.#mark(3)}
         where task_id = ${this.#mark(4)} and generation = '' and split = ${TASK_ROW}`,
      [row.generation, row.phase, row.steps ?? 0, row.task],
    );
  }

  async lockStreams(
    task: string,
    generation: string,
    splits?: readonly number[],
  ): Promise<readonly StreamProgress[]> {
    if (splits?.length === 0) return [];
    // Ordinals are numbers of ours: written into the statement, so that the number of parameters does not depend on them.
    const some =
      splits === undefined ? '' : ` and split in (${splits.map((split) => Math.trunc(split)).join(', ')})`;
    const rows = await this.#run(
      `select ${COLUMNS.map((name) => this.#name(name)).join(', ')} from ${this.#table}
         where task_id = ${this.#mark(1)} and generation = ${this.#mark(2)}${some} order by split ${this.#dialect.forUpdate}`,
      [task, generation],
    );
    return rows.map(progressOf);
  }

  async saveStream(id: StreamId, row: StreamProgress): Promise<void> {
    const { counts } = row;
    const set = COLUMNS.slice(1).map((name, i) => `${this.#name(name)} = ${this.#mark(i + 1)}`);
    await this.#run(
      `update ${this.#table} set ${set.join(', ')} where task_id = ${this.#mark(12)} and generation = ${this.#mark(13)} and split = ${this.#mark(14)}`,
      [
        row.writerEpoch,
        row.writerHolder,
        row.readerEpoch,
        row.seq,
        row.position,
        counts.read,
        counts.written,
        counts.filtered,
        counts.dirty,
        counts.bytes,
        row.final ? 1 : 0,
        id.task,
        id.generation,
        id.split,
      ],
    );
  }

  async insertStreams(plan: WritePlan, streams: WritePlan['streams']): Promise<void> {
    for (const { split, writerEpoch, readerEpoch } of streams) {
      const values = [
        plan.task,
        plan.generation,
        split,
        plan.run,
        null,
        '',
        null,
        0,
        writerEpoch,
        readerEpoch,
        0,
        0,
        0,
        0,
        0,
        0,
      ];
      await this.#run(
        `${this.#dialect.insertWord} into ${this.#table} (task_id, generation, split, run_id, phase, writer_holder, position, is_final,
           writer_epoch, reader_epoch, seq, n_read, n_written, n_filtered, n_dirty, n_bytes)
           values (${this.#marks(1, values.length)}) ${this.#dialect.ifAbsent}`,
        values,
      );
    }
  }

  async fenceOthers(task: string, keepGeneration: string): Promise<void> {
    await this.#run(
      `update ${this.#table} set writer_epoch = ${EPOCH_FENCED}
         where task_id = ${this.#mark(1)} and generation <> ${this.#mark(2)} and split >= 0`,
      [task, keepGeneration],
    );
  }

  async insertDirty(id: StreamId, epoch: number, seq: number, dirty: readonly DirtyRecord[]): Promise<void> {
    for (const { index, code, column, reason, record } of dirty)
      await this.#run(
        `insert into ${this.#dirty} (task_id, generation, split, epoch, seq, ${this.#name('index')}, code, column_name, reason, record)
           values (${this.#marks(1, 10)})`,
        [
          id.task,
          id.generation,
          id.split,
          epoch,
          seq,
          index,
          code,
          column ?? null,
          storable(reason),
          storable(record),
        ],
      );
  }

  async lastDirty(id: StreamId, limit: number): Promise<readonly KeptDirtyRecord[]> {
    const index = this.#name('index');
    const rows = await this.#run(
      `select epoch, seq, ${index}, code, column_name, reason, record from ${this.#dirty}
         where task_id = ${this.#mark(1)} and generation = ${this.#mark(2)} and split = ${this.#mark(3)}
         order by seq desc, ${index} desc limit ${Math.trunc(limit)}`,
      [id.task, id.generation, id.split],
    );
    return rows.map(([epoch, seq, at, code, column, reason, record]) => ({
      epoch: Number(epoch),
      seq: Number(seq),
      index: Number(at),
      code: String(code),
      ...(column === null ? {} : { column: String(column) }),
      reason: String(reason),
      record: String(record),
    }));
  }

  async takeDirty(
    task: string,
    generation: string,
    keys: readonly DirtyKey[],
  ): Promise<readonly (KeptDirtyRecord & { readonly split: number })[]> {
    const index = this.#name('index');
    const which = ['task_id', 'generation', 'split', 'epoch', 'seq', index]
      .map((name, at) => `${name} = ${this.#mark(at + 1)}`)
      .join(' and ');
    const taken: (KeptDirtyRecord & { readonly split: number })[] = [];
    for (const { split, epoch, seq, index: at } of keys) {
      const key = [task, generation, split, epoch, seq, at];
      const [row] = await this.#run(
        `select code, column_name, reason, record from ${this.#dirty} where ${which} ${this.#dialect.forUpdate}`,
        key,
      );
      if (row === undefined) continue;
      await this.#run(`delete from ${this.#dirty} where ${which}`, key);
      const [code, column, reason, record] = row;
      taken.push({
        split,
        epoch,
        seq,
        index: at,
        code: String(code),
        ...(column === null ? {} : { column: String(column) }),
        reason: String(reason),
        record: String(record),
      });
    }
    return taken;
  }

  async countDirty(task: string, generation: string): Promise<number> {
    const [row] = await this.#run(
      `select coalesce(sum(n_dirty), 0) from ${this.#table} where task_id = ${this.#mark(1)} and generation = ${this.#mark(2)} and split >= 0`,
      [task, generation],
    );
    return Number(row![0]);
  }

  async removeOlder(task: string, generation: string): Promise<void> {
    await this.#run(
      `delete from ${this.#table} where task_id = ${this.#mark(1)} and generation < ${this.#mark(2)} and split >= 0`,
      [task, generation],
    );
  }

  #run(sql: string, parameters: readonly SqlValue[] = []): Promise<readonly (readonly unknown[])[]> {
    return this.#session.query(sql, parameters);
  }

  #name(name: string): string {
    return this.#dialect.quote(name);
  }

  #mark(n: number): string {
    return this.#dialect.placeholder(n);
  }

  #marks(from: number, count: number): string {
    return Array.from({ length: count }, (_, i) => this.#mark(from + i)).join(', ');
  }
}

/** Text that every target can store: NUL is no character of SQL text. */
function storable(text: string): string {
  return text.replaceAll('\0', '\\u0000');
}

function progressOf(row: readonly unknown[]): StreamProgress {
  const number = (i: number): number => Number(row[i]);
  return {
    split: number(0),
    writerEpoch: number(1),
    writerHolder: String(row[2]),
    readerEpoch: number(3),
    seq: number(4),
    position: row[5] === null ? null : String(row[5]),
    counts: { read: number(6), written: number(7), filtered: number(8), dirty: number(9), bytes: number(10) },
    final: number(11) === 1,
  };
}
