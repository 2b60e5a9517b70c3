import { KEYED_MODES, SluiceError, type WritePlan } from '@sluice/model';
import { quote } from './connection.ts';

/** A statement that is run for each row. */
export interface RowStatement {
  readonly sql: string;
  /** The columns whose values it takes, by index, in its order; undefined: all. */
  readonly takes?: readonly number[];
}

/** The statements of a plan's mode, in order; the last one says by its changes whether the row was written. */
export function rowStatements(table: string, plan: WritePlan): readonly RowStatement[] {
  const { key, columns } = plan.schema;
  const { mode } = plan;
  if (KEYED_MODES.has(mode) && key.length === 0)
    throw new SluiceError('SLUICE_TGT_KEY', `Mode ${mode} needs a key.`);
  const into = quote(table);
  const names = columns.map(({ name }) => name);
  const others = names.filter((name) => !key.includes(name));
  const at = (some: readonly string[]): number[] => some.map((name) => names.indexOf(name));
  const marked = (some: readonly string[], between: string): string =>
    some.map((name) => `${quote(name)} = ?`).join(between);
  const insert = `insert into ${into} (${names.map(quote).join(', ')}) values (${names.map(() => '?').join(', ')})`;
  const inserting = (conflict = ''): RowStatement => ({ sql: insert + conflict });
  const conflict = ` on conflict (${key.map(quote).join(', ')}) do`;
  switch (mode) {
    case 'upsert': {
      const set = others.map((name) => `${quote(name)} = excluded.${quote(name)}`).join(', ');
      return [inserting(`${conflict} ${set === '' ? 'nothing' : `update set ${set}`}`)];
    }
    case 'ignore':
      return [inserting(`${conflict} nothing`)];
    case 'update': {
      const set = others.length === 0 ? key : others;
      const sql = `update ${into} set ${marked(set, ', ')} where ${marked(key, ' and ')}`;
      return [{ sql, takes: at([...set, ...key]) }];
    }
    case 'replace':
      // `insert or replace` would take a null for the default of its column.
      return [{ sql: `delete from ${into} where ${marked(key, ' and ')}`, takes: at(key) }, inserting()];
    default:
      return [inserting()];
  }
}
