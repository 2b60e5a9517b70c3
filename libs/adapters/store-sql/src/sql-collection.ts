import { firstUuidv7, SluiceError } from '@sluice/model';
import type { Collection, Indexed, ListQuery, Versioned } from '@sluice/ports';
import type { SqlDatabase, SqlRow, SqlValue } from './sql-database.ts';

const DEFAULT_LIMIT = 200;

/** Rows of one kind: the row as JSON, what it is found by in columns of its own. */
export class SqlCollection<T extends Indexed> implements Collection<T> {
  readonly #database: SqlDatabase;
  readonly #table: string;

  constructor(database: SqlDatabase, table: string) {
    this.#database = database;
    this.#table = table;
  }

  async insert(row: T): Promise<Versioned<T>> {
    await this.#database.change(
      `insert into ${this.#table} (workspace, parent, state, name, version, body, id) values (?, ?, ?, ?, 1, ?, ?)`,
      [...indexed(row), JSON.stringify(row), row.id],
    );
    return { ...row, version: 1 };
  }

  async get(id: string): Promise<Versioned<T> | undefined> {
    const [row] = await this.#database.query(`select version, body from ${this.#table} where id = ?`, [id]);
    return row === undefined ? undefined : this.#decode(row);
  }

  async update(row: T, version: number): Promise<Versioned<T> | undefined> {
    const { version: _, ...body } = row as T & { version?: number };
    const touched = await this.#database.change(
      `update ${this.#table} set workspace = ?, parent = ?, state = ?, name = ?, version = version + 1, body = ?
         where id = ? and version = ?`,
      [...indexed(row), JSON.stringify(body), row.id, version],
    );
    return touched === 0 ? undefined : { ...row, version: version + 1 };
  }

  async remove(id: string): Promise<boolean> {
    return (await this.#database.change(`delete from ${this.#table} where id = ?`, [id])) > 0;
  }

  async list(query: ListQuery): Promise<{ items: Versioned<T>[]; nextCursor?: string }> {
    const conditions: string[] = [];
    const parameters: SqlValue[] = [];
    for (const column of ['workspace', 'parent', 'name'] as const) {
      const wanted = query[column];
      if (wanted === undefined) continue;
      conditions.push(`${column} = ?`);
      parameters.push(wanted);
    }
    if (query.states !== undefined) {
      conditions.push(`state in (${query.states.map(() => '?').join(', ') || 'null'})`);
      parameters.push(...query.states);
    }
    for (const [compare, time] of [
      ['>=', query.since],
      ['<', query.until],
    ] as const) {
      if (time === undefined) continue;
      conditions.push(`id ${compare} ?`);
      parameters.push(firstUuidv7(time));
    }
    const order = query.order ?? 'id';
    const [beyond, direction] = query.descending === true ? ['<', 'desc'] : ['>', 'asc'];
    if (query.cursor !== undefined) {
      const { id, name } = fromCursor(query.cursor, order);
      conditions.push(order === 'id' ? `id ${beyond} ?` : `(name, id) ${beyond} (?, ?)`);
      parameters.push(...(order === 'id' ? [id] : [name!, id]));
    }
    const by = order === 'id' ? `id ${direction}` : `name ${direction}, id ${direction}`;
    const limit = query.limit ?? DEFAULT_LIMIT;
    const where = conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`;
    const rows = await this.#database.query(
      `select version, body from ${this.#table} ${where} order by ${by} limit ?`,
      [...parameters, limit + 1],
    );
    const items = rows.slice(0, limit).map((row) => this.#decode(row));
    return rows.length > limit ? { items, nextCursor: toCursor(items.at(-1)!, order) } : { items };
  }

  #decode(row: SqlRow): Versioned<T> {
    return { ...(JSON.parse(String(row['body'])) as T), version: Number(row['version']) };
  }
}

function indexed(row: Indexed): SqlValue[] {
  return [row.workspace ?? null, row.parent ?? null, row.state ?? null, row.name ?? null];
}

type Order = NonNullable<ListQuery['order']>;

/** Where a page ended, in the order that it was made in. */
function toCursor(row: Indexed, order: Order): string {
  const place = order === 'id' ? [order, row.id] : [order, row.id, row.name ?? ''];
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

function fromCursor(cursor: string, order: Order): { readonly id: string; readonly name?: string } {
  const place = parsed(Buffer.from(cursor, 'base64url').toString());
  const [made, id, name] = Array.isArray(place) ? (place as unknown[]) : [];
  const isOurs = typeof id === 'string' && (made === 'id' || (made === 'name' && typeof name === 'string'));
  if (!isOurs || made !== order)
    throw new SluiceError('SLUICE_CFG_INVALID', {
      detail: isOurs ? 'The cursor is of a list in another order.' : 'The cursor is not one of ours.',
      place: 'cursor',
      hint: 'Send the nextCursor of the page before, with the same parameters; or none, to begin anew.',
    });
  return order === 'id' ? { id } : { id, name: name as string };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
