import type { ProgressTable, TaskRow } from '@sluice/connector-sdk';
import {
  EPOCH_FENCED,
  type PlannedStream,
  type StreamId,
  type StreamProgress,
  SluiceError,
  TASK_ROW,
  type WritePlan,
} from '@sluice/model';
import type { Link } from './connection.ts';
import { literal, literalOrNull, quoteName } from './identifier.ts';

/** Text that tells identifiers apart to the letter. */
const ID = 'varchar(128) character set utf8mb4 collate utf8mb4_bin not null';

const PROGRESS = `create table if not exists _sluice_progress (
  task_id ${ID}, generation ${ID}, split int not null, run_id ${ID} default '', phase varchar(16) not null default '',
  current_generation ${ID} default '', writer_epoch bigint not null default 0, writer_holder ${ID} default '',
  reader_epoch bigint not null default 0, seq bigint not null default 0, position longtext null,
  n_read bigint not null default 0, n_written bigint not null default 0, n_filtered bigint not null default 0,
  n_dirty bigint not null default 0, n_bytes bigint not null default 0, final tinyint(1) not null default 0,
  updated_at timestamp not null default current_timestamp on update current_timestamp,
  primary key (task_id, generation, split)) engine = InnoDB default character set utf8mb4`;

const DIRTY = `create table if not exists _sluice_dirty (
  task_id ${ID}, generation ${ID}, split int not null, epoch bigint not null, seq bigint not null,
  record_index int not null, code varchar(64) not null, column_name varchar(256) null, reason text not null,
  record longtext not null, created_at timestamp not null default current_timestamp,
  primary key (task_id, generation, split, epoch, seq, record_index)) engine = InnoDB default character set utf8mb4`;

const COLUMNS = `split, writer_epoch, writer_holder, reader_epoch, seq, position,
  n_read, n_written, n_filtered, n_dirty, n_bytes, final`;

/** Rows of one insert. */
const CHUNK = 500;

/** `_sluice_progress` on one connection, in the connection's database. */
export class MysqlProgress implements ProgressTable {
  readonly #link: Link;
  readonly #database: string;
  readonly #user: string;

  constructor(link: Link, database: string, user: string) {
    this.#link = link;
    this.#database = database;
    this.#user = user;
  }

  async ensure(): Promise<void> {
    const found = await this.#link.protocol(
      `select table_name, engine from information_schema.tables
       where table_schema = database() and table_name in ('_sluice_progress', '_sluice_dirty')`,
    );
    for (const [name, engine] of found.rows)
      if (engine?.toLowerCase() !== 'innodb')
        throw new SluiceError('SLUICE_TGT_ENGINE', `${name} is of engine ${engine}.`);
    if (found.rows.length === 2) return;
    try {
      await this.#link.protocol(PROGRESS);
      await this.#link.protocol(DIRTY);
    } catch (error) {
      if (!(error instanceof SluiceError) || error.code !== 'SLUICE_TGT_PRIVILEGE') throw error;
      throw new SluiceError('SLUICE_TGT_PRIVILEGE', {
        detail: error.detail,
        cause: error,
        hint: `grant create, select, insert, update, delete on ${quoteName(this.#database)}.* to ${literal(this.#user)}`,
      });
    }
  }

  async lockTask(task: string): Promise<TaskRow> {
    const where = `task_id = ${literal(task)} and generation = '' and split = ${TASK_ROW}`;
    const select = `select current_generation, phase, seq from _sluice_progress where ${where} for update`;
    let answer = await this.#link.protocol(select);
    if (answer.rows.length === 0) {
      await this.#link.protocol(
        `insert into _sluice_progress (task_id, generation, split, phase)
         values (${literal(task)}, '', ${TASK_ROW}, 'new') on duplicate key update split = split`,
      );
      answer = await this.#link.protocol(select);
    }
    const [generation, phase, steps] = answer.rows[0] ?? [];
    return {
      task,
      generation: generation ?? '',
      phase: (phase ?? 'new') as TaskRow['phase'],
      steps: Number(steps ?? 0),
    };
  }

  async saveTask(row: TaskRow): Promise<void> {
    await this.#link.protocol(
      `update _sluice_progress set current_generation = ${literal(row.generation)}, phase = ${literal(row.phase)},
       seq = ${Number(row.steps ?? 0)} where task_id = ${literal(row.task)} and generation = '' and split = ${TASK_ROW}`,
    );
  }

  async lockStreams(
    task: string,
    generation: string,
    splits?: readonly number[],
  ): Promise<readonly StreamProgress[]> {
    if (splits?.length === 0) return [];
    const some = splits === undefined ? '' : ` and split in (${splits.map(Number).join(', ')})`;
    const answer = await this.#link.protocol(
      `select ${COLUMNS} from _sluice_progress where ${streamsOf(task, generation)}${some}
       order by split for update`,
    );
    return answer.rows.map(progressOf);
  }

  async saveStream(id: StreamId, progress: StreamProgress): Promise<void> {
    const { counts } = progress;
    await this.#link.protocol(
      `update _sluice_progress set writer_epoch = ${progress.writerEpoch},
       writer_holder = ${literal(progress.writerHolder)}, reader_epoch = ${progress.readerEpoch},
       seq = ${progress.seq}, position = ${literalOrNull(progress.position)}, n_read = ${counts.read},
       n_written = ${counts.written}, n_filtered = ${counts.filtered}, n_dirty = ${counts.dirty},
       n_bytes = ${counts.bytes}, final = ${progress.final ? 1 : 0}
       where ${streamsOf(id.task, id.generation)} and split = ${Number(id.split)}`,
    );
  }

  async insertStreams(plan: WritePlan, streams: readonly PlannedStream[]): Promise<void> {
    for (let at = 0; at < streams.length; at += CHUNK) {
      const rows = streams.slice(at, at + CHUNK).map(
        (stream) =>
          `(${literal(plan.task)}, ${literal(plan.generation)}, ${Number(stream.split)}, ${literal(plan.run)},
             ${Number(stream.writerEpoch)}, ${Number(stream.readerEpoch)})`,
      );
      await this.#link.protocol(
        `insert into _sluice_progress (task_id, generation, split, run_id, writer_epoch, reader_epoch)
         values ${rows.join(', ')} on duplicate key update split = values(split)`,
      );
    }
  }

  async fenceOthers(task: string, keepGeneration: string): Promise<void> {
    await this.#link.protocol(
      `update _sluice_progress set writer_epoch = ${EPOCH_FENCED}
       where task_id = ${literal(task)} and generation <> ${literal(keepGeneration)} and split >= 0`,
    );
  }
}

function streamsOf(task: string, generation: string): string {
  return `task_id = ${literal(task)} and generation = ${literal(generation)} and split >= 0`;
}

function progressOf(cells: readonly (string | null)[]): StreamProgress {
  const number = (index: number): number => Number(cells[index]);
  return {
    split: number(0),
    writerEpoch: number(1),
    writerHolder: cells[2] ?? '',
    readerEpoch: number(3),
    seq: number(4),
    position: cells[5] ?? null,
    counts: { read: number(6), written: number(7), filtered: number(8), dirty: number(9), bytes: number(10) },
    final: number(11) === 1,
  };
}
