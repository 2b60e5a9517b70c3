import type { Place } from '../e2e/pairs.ts';

/** A stream's progress row, as far as tests look at it. */
export interface StreamRow {
  readonly split: number;
  readonly seq: number;
  readonly readerEpoch: number;
  readonly writerEpoch: number;
  readonly written: number;
  readonly dirty: number;
  readonly final: number;
}

/** Rows of `orders` and progress rows of the one task that writes there, in one snapshot. */
export interface TargetState {
  readonly rows: number;
  readonly written: number;
  readonly dirty: number;
  /** Records in `_sluice_dirty`. */
  readonly dirtyRecords: number;
  readonly streams: readonly StreamRow[];
}

const FROM = `from _sluice_progress where split >= 0`;
const fields = (final: string): string =>
  `'split', split, 'seq', seq, 'readerEpoch', reader_epoch, 'writerEpoch', writer_epoch, 'written', n_written, 'dirty', n_dirty, 'final', ${final}`;

const SQL = {
  postgres: `select json_build_object('rows', (select count(*) from orders), 'dirtyRecords', (select count(*) from _sluice_dirty),
    'streams', (select coalesce(json_agg(json_build_object(${fields('is_final')}) order by split), '[]') ${FROM}))::text`,
  mysql: `select concat(json_object('rows', (select count(*) from orders), 'dirtyRecords', (select count(*) from _sluice_dirty),
    'streams', (select coalesce(json_arrayagg(json_object(${fields('final')}) order by split), json_array()) ${FROM})), '')`,
  sqlite: '',
};

/** The target by its own account; undefined before a writer has prepared anything there. */
export async function stateOf(target: Place): Promise<TargetState | undefined> {
  const found = await target.value(SQL[target.kind]).catch((error: { code?: string }) => {
    // No such table yet.
    if (error.code === '42P01' || error.code === 'ER_NO_SUCH_TABLE') return undefined;
    throw error;
  });
  if (found === undefined) return undefined;
  const { rows, dirtyRecords, streams } = JSON.parse(found) as TargetState;
  const sum = (of: (row: StreamRow) => number): number => streams.reduce((total, row) => total + of(row), 0);
  return { rows, dirtyRecords, streams, written: sum((row) => row.written), dirty: sum((row) => row.dirty) };
}

/**
 * Looks at a target all the time until it is ended: at every moment it has the rows that its progress rows say, neither more (part of a
 * batch is visible) nor fewer, and the dirty records. For appends into a table that was empty.
 */
export class Watch {
  readonly #target: Place;
  readonly #done: Promise<void>;
  #ending = false;
  /** Different numbers of rows that were seen. */
  readonly seen = new Set<number>();

  constructor(target: Place) {
    this.#target = target;
    this.#done = this.#look();
    this.#done.catch(() => undefined);
  }

  /** Throws what was wrong. */
  async end(): Promise<void> {
    this.#ending = true;
    await this.#done;
  }

  async #look(): Promise<void> {
    let rows = 0;
    while (!this.#ending) {
      const state = await stateOf(this.#target);
      if (state !== undefined) {
        const partial = state.rows !== state.written || state.dirtyRecords !== state.dirty;
        if (partial || state.rows < rows)
          throw new Error(`After ${rows} rows the target shows ${JSON.stringify(state)}.`);
        rows = state.rows;
        this.seen.add(rows);
      }
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}

/** Sessions of Sluice in a PostgreSQL target; a dead client's session counts until the server has rolled it back. */
export async function sessionsOf(target: Place): Promise<number> {
  return Number(
    await target.value(
      `select count(*) from pg_stat_activity where datname = current_database() and application_name like 'sluice:%'`,
    ),
  );
}
