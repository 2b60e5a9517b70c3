import type { LogLine, LogPage, LogStore } from '@sluice/ports';
import type { SqlDatabase } from './sql-database.ts';

const LEVELS: readonly LogLine['level'][] = ['debug', 'info', 'warn', 'error'];
/** Blocks that one page may look at, so that a filter which fits nothing does not read a whole log. */
const BLOCKS_A_PAGE = 200;
const BLOCKS_A_QUERY = 20;

type Query = Parameters<LogStore['read']>[1];
type Numbered = LogLine & { n: number };

/** Run logs as blocks of NDJSON; a line's number is its cursor. */
export class SqlLogs implements LogStore {
  readonly #database: SqlDatabase;

  constructor(database: SqlDatabase) {
    this.#database = database;
  }

  async append(run: string, lines: readonly LogLine[]): Promise<void> {
    if (lines.length === 0) return;
    const body = lines.map((line) => JSON.stringify(line)).join('\n');
    await this.#database.alone(`log ${run}`, async (alone) => {
      const [last] = await alone.query(
        'select coalesce(max(last_line), 0) as n from run_log_block where run = ?',
        [run],
      );
      const first = Number(last!['n']) + 1;
      await alone.change('insert into run_log_block (run, first_line, last_line, body) values (?, ?, ?, ?)', [
        run,
        first,
        first + lines.length - 1,
        body,
      ]);
    });
  }

  async read(run: string, query: Query): Promise<LogPage> {
    const backwards = query.tail === true || query.before !== undefined;
    return backwards ? this.#backwards(run, query) : this.#forwards(run, query);
  }

  async #forwards(run: string, query: Query): Promise<LogPage> {
    const found: Numbered[] = [];
    let at = query.after ?? 0;
    for (let looked = 0; found.length < query.limit && looked < BLOCKS_A_PAGE;) {
      const blocks = await this.#database.query(
        'select first_line, body from run_log_block where run = ? and last_line > ? order by first_line limit ?',
        [run, at, BLOCKS_A_QUERY],
      );
      if (blocks.length === 0) break;
      looked += blocks.length;
      for (const block of blocks)
        for (const line of linesOf(block['first_line'], block['body'])) {
          if (line.n <= at || found.length >= query.limit) continue;
          at = line.n;
          if (fits(line, query)) found.push(line);
        }
    }
    return { lines: found, after: at, before: found[0]?.n ?? (query.after ?? 0) + 1 };
  }

  async #backwards(run: string, query: Query): Promise<LogPage> {
    const found: Numbered[] = [];
    let at = query.before ?? Number.MAX_SAFE_INTEGER;
    let newest = query.before === undefined ? 0 : query.before - 1;
    for (let looked = 0; found.length < query.limit && looked < BLOCKS_A_PAGE;) {
      const blocks = await this.#database.query(
        'select first_line, body from run_log_block where run = ? and first_line < ? order by first_line desc limit ?',
        [run, at, BLOCKS_A_QUERY],
      );
      if (blocks.length === 0) break;
      looked += blocks.length;
      for (const block of blocks)
        for (const line of linesOf(block['first_line'], block['body']).reverse()) {
          if (line.n >= at || found.length >= query.limit) continue;
          at = line.n;
          newest = Math.max(newest, line.n);
          if (fits(line, query)) found.push(line);
        }
    }
    return { lines: found.reverse(), after: newest, before: at === Number.MAX_SAFE_INTEGER ? 1 : at };
  }
}

function linesOf(first: unknown, body: unknown): Numbered[] {
  return String(body)
    .split('\n')
    .map((text, index) => ({ ...(JSON.parse(text) as LogLine), n: Number(first) + index }));
}

function fits(line: LogLine, query: Query): boolean {
  if (query.level !== undefined && LEVELS.indexOf(line.level) < LEVELS.indexOf(query.level)) return false;
  if (query.stage !== undefined && line.stage !== query.stage) return false;
  if (query.split !== undefined && line.split !== query.split) return false;
  if (line.time < (query.since ?? line.time) || line.time >= (query.until ?? Infinity)) return false;
  return query.text === undefined || line.message.toLowerCase().includes(query.text.toLowerCase());
}
