import type { TaskDocument } from '@sluice/model';
import type { RunRow } from '@sluice/ports';
import type { Engine } from '@sluice/standalone';
import { copyTable, type Kind, type Place, place } from '../e2e/pairs.ts';
import { canonical } from './canonical.ts';
import type { EdgeType } from './edges.ts';
import { MARIADB_EDGES, MARIADB_SETUP } from './edges-mariadb.ts';
import { POSTGRES_EDGES, POSTGRES_SETUP } from './edges-postgres.ts';
import { SQLITE_EDGES } from './edges-sqlite.ts';
import { type Printed, printed, typesOf } from './printed.ts';
import { ruleFor } from './rules.ts';

export const EDGES: Readonly<Record<Kind, readonly EdgeType[]>> = {
  postgres: POSTGRES_EDGES,
  mysql: MARIADB_EDGES,
  sqlite: SQLITE_EDGES,
};
const SETUP: Readonly<Record<Kind, string>> = {
  postgres: POSTGRES_SETUP,
  mysql: MARIADB_SETUP,
  sqlite: 'select 1',
};

export type Outcome = 'exact' | 'lossy' | 'dirty' | 'refused' | 'SILENTLY DIFFERENT';

/** What became of one value, or (refused) of a column. */
export interface Cell {
  readonly source: Kind;
  readonly target: Kind;
  readonly type: EdgeType;
  /** Type of the target's column. */
  readonly into: string;
  /** The column is one that Sluice created. */
  readonly created: boolean;
  readonly label: string;
  readonly outcome: Outcome;
  /** The rule, the error code, or what is wrong. */
  readonly note: string;
}

/** A source table with a column for each type and a row for each value. */
export interface EdgeTable {
  readonly at: Place;
  readonly name: string;
  readonly types: readonly EdgeType[];
  /** For each type: its column and the ids of its values. */
  readonly ids: readonly (readonly number[])[];
  readonly values: readonly Printed[];
  readonly rows: number;
}

/** Stores every value of the types; types that the server refuses are an error. */
export async function edgeTable(at: Place, name: string, types: readonly EdgeType[]): Promise<EdgeTable> {
  const lines = types.map(({ type }, n) => `c${n} ${type}`);
  await at.run(
    `create table ${name} (id ${at.kind === 'sqlite' ? 'integer' : 'int'} primary key, ${lines.join(', ')})`,
  );
  let rows = 0;
  const ids: number[][] = [];
  const inserts: string[] = [];
  for (const [n, { type, edges }] of types.entries()) {
    ids.push(edges.map(() => ++rows));
    const typed = at.kind === 'postgres' ? `::${type}` : '';
    for (const [i, { sql }] of edges.entries())
      inserts.push(`insert into ${name} (id, c${n}) values (${ids[n]![i]}, (${sql})${typed})`);
  }
  inserts.push(`insert into ${name} (id) values (${++rows})`);
  for (const insert of inserts)
    await at.run(insert).catch((error: unknown) => {
      throw new Error(`${insert.slice(0, 200)}: ${String(error)}`);
    });
  const native = await typesOf(at, name);
  const values: Printed[] = [];
  for (const n of types.keys()) values.push(await printed(at, name, `c${n}`, native.get(`c${n}`)!));
  return { at, name, types, ids, values, rows };
}

/** A new database of a kind with what the types of that kind need. */
export async function edgePlace(kind: Kind): Promise<Place> {
  const at = await place(kind);
  if (kind === 'mysql') await at.run('set group_concat_max_len = 500000000');
  await at.run(SETUP[kind]);
  return at;
}

export interface Copy {
  readonly cells: readonly Cell[];
  readonly run: RunRow;
}

/**
 * Copies a table of edges as one task and says for every value what became of it. `into`: types of a hand-made target table,
 * by the type's index; without it Sluice creates the table.
 */
export async function copyEdges(
  engine: Engine,
  source: EdgeTable,
  target: Place,
  name: string,
  document: Partial<TaskDocument>,
  into?: ReadonlyMap<number, string>,
): Promise<Copy> {
  const refused: Cell[] = [];
  const wanted = new Map(into ?? [...source.types.keys()].map((n) => [n, '']));
  const cell = cellMaker(source, target, into === undefined);
  if (into !== undefined) {
    const lines = [...into].map(([n, type]) => `c${n} ${type}`);
    await target.run(
      `create table ${name} (id int primary key, ${lines.join(', ')})${target.kind === 'mysql' ? ' default character set utf8mb4' : ''}`,
    );
  }
  for (;;) {
    const run = await copyTable(engine, source.at, target, source.name, {
      target: name,
      control: { channels: 1, dirtyLimit: 100_000 },
      ...document,
      ...(into === undefined
        ? {}
        : {
            mapping: ['id', ...[...wanted.keys()].map((n) => `c${n}`)].map((column) => ({
              to: column,
              from: column,
            })),
          }),
    });
    if (run.error?.code === 'SLUICE_MAP_IMPOSSIBLE' && wanted.size > 0 && into !== undefined) {
      const named = [...run.error.detail.matchAll(/Field c(\d+):/g)].map(([, n]) => Number(n));
      for (const n of named) refused.push(cell(n, wanted.get(n)!, 'every value', 'refused', run.error.code));
      for (const n of named) wanted.delete(n);
      if (named.length > 0) continue;
    }
    if (run.error !== undefined) throw new Error(`${run.error.code}: ${run.error.detail}`);
    return {
      run,
      cells: [...refused, ...(await judged(engine, source, target, name, run, into && [...wanted.keys()]))],
    };
  }
}

type CellMaker = (n: number, into: string, label: string, outcome: Outcome, note: string) => Cell;

function cellMaker({ at, types }: EdgeTable, target: Place, created: boolean): CellMaker {
  return (n, into, label, outcome, note) => ({
    source: at.kind,
    target: target.kind,
    type: types[n]!,
    into,
    created,
    label,
    outcome,
    note,
  });
}

/** What became of every value of a run that has ended; `made`: indices of the types, of a target made by hand. */
export async function judged(
  engine: Engine,
  source: EdgeTable,
  target: Place,
  name: string,
  run: RunRow,
  made?: readonly number[],
): Promise<Cell[]> {
  const cell = cellMaker(source, target, made === undefined);
  const columns = made ?? [...source.types.keys()];
  const dirty = await dirtyById(engine, run);
  const native = await typesOf(target, name);
  const cells: Cell[] = [];
  for (const n of columns) {
    const type = native.get(`c${n}`)!;
    const { edges, sense } = source.types[n]!;
    const arrived = await printed(target, name, `c${n}`, type);
    for (const [i, { label }] of edges.entries()) {
      const id = source.ids[n]![i]!;
      const bad = dirty.get(id);
      const [was, is] = [source.values[n]!.get(id), arrived.get(id)];
      if (bad !== undefined) cells.push(cell(n, type, label, 'dirty', bad));
      else if (was === undefined)
        throw new Error(`The source stored ${label} of ${source.types[n]!.type} as null.`);
      else if (is === undefined) cells.push(cell(n, type, label, 'SILENTLY DIFFERENT', 'arrived as null'));
      else {
        const [before, after] = [canonical(sense, was), canonical(sense, is)];
        const change = { type: source.types[n]!, target: target.kind, into: type, before, after };
        const rule = before === after ? undefined : ruleFor(change);
        if (before === after) cells.push(cell(n, type, label, 'exact', ''));
        else if (rule !== undefined) cells.push(cell(n, type, label, 'lossy', rule));
        else
          cells.push(
            cell(n, type, label, 'SILENTLY DIFFERENT', `${before.slice(0, 80)} became ${after.slice(0, 80)}`),
          );
      }
    }
  }
  return cells;
}

/** Code and reason of the dirty records of a run, by the record's id. */
async function dirtyById(engine: Engine, run: RunRow): Promise<ReadonlyMap<number, string>> {
  const found = new Map<number, string>();
  let after: string | undefined;
  do {
    const page = await engine.store.dirty.list({
      parent: run.id,
      limit: 200,
      ...(after === undefined ? {} : { cursor: after }),
    });
    for (const { record, code, reason, column } of page.items)
      found.set(
        Number(/"(?:id|key)":(?:\["|")?(\d+)/.exec(record)?.[1]),
        `${code}: ${column ?? 'NO COLUMN'}: ${reason}`,
      );
    after = page.nextCursor;
  } while (after !== undefined);
  return found;
}
