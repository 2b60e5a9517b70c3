import type { KeptDirtyRecord, TargetTables } from '@sluice/connector-sdk';
import { type DirtyKey, type DirtyRecord, type StreamId, SluiceError, type WritePlan } from '@sluice/model';
import { readTable } from './catalog.ts';
import type { Link } from './connection.ts';
import { errnoOf } from './errors.ts';
import { literal, literalOrNull, quoteTable, type TableName, writeTable } from './identifier.ts';
import { createStaging } from './overwrite.ts';
import { createStatement, describeTarget, keyCollation } from './target-table.ts';

/** No right to truncate; or a foreign key points here, which only a delete may check row by row. */
const DELETE_INSTEAD: ReadonlySet<number> = new Set([1142, 1701]);

/** The tables a generation works on, on one connection. */
export class MysqlTables implements TargetTables {
  readonly #link: Link;
  readonly #table: TableName;
  readonly #inMode: (plan: WritePlan) => Promise<void>;

  /** @param inMode puts the session into the plan's sql_mode */
  constructor(link: Link, table: TableName, inMode: (plan: WritePlan) => Promise<void>) {
    this.#link = link;
    this.#table = table;
    this.#inMode = inMode;
  }

  /** Each statement commits by itself: `exclusively` and the phase make it repeatable (D-9). */
  async prepare(plan: WritePlan): Promise<void> {
    await this.#inMode(plan);
    const existing = await readTable(this.#link, this.#table);
    if (existing === undefined) {
      if (!plan.createTable)
        throw new SluiceError('SLUICE_TGT_TABLE', `There is no table ${writeTable(this.#table)}.`);
      await this.#link.protocol(createStatement(this.#table, plan, await keyCollation(this.#link)));
    }
    await describeTarget(this.#link, this.#table, plan);
    if (existing !== undefined && plan.truncateFirst) await this.#truncate();
    if (plan.mode === 'overwrite') await createStaging(this.#link, this.#table, plan);
  }

  async insertDirty(id: StreamId, epoch: number, seq: number, dirty: readonly DirtyRecord[]): Promise<void> {
    for (const record of dirty)
      await this.#link.protocol(
        `insert into _sluice_dirty
         (task_id, generation, split, epoch, seq, record_index, code, column_name, reason, record)
         values (${literal(id.task)}, ${literal(id.generation)}, ${Number(id.split)}, ${Number(epoch)}, ${Number(seq)},
         ${Number(record.index)}, ${literal(record.code)}, ${literalOrNull(record.column?.slice(0, 256))},
         ${literal(record.reason.slice(0, 4000).toWellFormed())}, ${literal(record.record.toWellFormed())})
         on duplicate key update code = values(code)`,
      );
  }

  async lastDirty(id: StreamId, limit: number): Promise<readonly KeptDirtyRecord[]> {
    const answer = await this.#link.protocol(
      `select epoch, seq, record_index, code, column_name, reason, record from _sluice_dirty
       where task_id = ${literal(id.task)} and generation = ${literal(id.generation)} and split = ${Number(id.split)}
       order by seq desc, record_index desc limit ${Number(limit)}`,
    );
    return answer.rows.map(([epoch, seq, index, code, column, reason, record]) => ({
      epoch: Number(epoch),
      seq: Number(seq),
      index: Number(index),
      code: String(code),
      ...(column === null || column === undefined ? {} : { column }),
      reason: String(reason),
      record: String(record),
    }));
  }

  async takeDirty(
    task: string,
    generation: string,
    keys: readonly DirtyKey[],
  ): Promise<readonly (KeptDirtyRecord & { readonly split: number })[]> {
    const taken: (KeptDirtyRecord & { readonly split: number })[] = [];
    for (const { split, epoch, seq, index } of keys) {
      const which = `task_id = ${literal(task)} and generation = ${literal(generation)} and split = ${Number(split)}
        and epoch = ${Number(epoch)} and seq = ${Number(seq)} and record_index = ${Number(index)}`;
      const found = await this.#link.protocol(
        `select code, column_name, reason, record from _sluice_dirty where ${which} for update`,
      );
      const [row] = found.rows;
      if (row === undefined) continue;
      await this.#link.protocol(`delete from _sluice_dirty where ${which}`);
      const [code, column, reason, record] = row;
      taken.push({
        split,
        epoch,
        seq,
        index,
        code: String(code),
        ...(column === null || column === undefined ? {} : { column }),
        reason: String(reason),
        record: String(record),
      });
    }
    return taken;
  }

  async countDirty(task: string, generation: string): Promise<number> {
    const answer = await this.#link.protocol(
      `select coalesce(sum(n_dirty), 0) from _sluice_progress
       where task_id = ${literal(task)} and generation = ${literal(generation)} and split >= 0`,
    );
    return Number(answer.rows[0]?.[0] ?? 0);
  }

  async removeOlder(task: string, generation: string): Promise<void> {
    await this.#link.protocol(
      `delete from _sluice_progress
       where task_id = ${literal(task)} and generation < ${literal(generation)} and split >= 0`,
    );
  }

  async #truncate(): Promise<void> {
    const name = quoteTable(this.#table);
    try {
      await this.#link.protocol(`truncate table ${name}`);
    } catch (error) {
      if (!DELETE_INSTEAD.has(errnoOf(error) ?? 0)) throw error;
      await this.#link.protocol(`delete from ${name}`);
    }
  }
}
