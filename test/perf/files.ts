import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pythonWith } from '../../infra/python.ts';
import { sluice } from '../cli/sluice.ts';
import { timed } from './measuring.ts';
import { HASH, postgresWorkload, type Workload } from './workload.ts';

/** What a CSV file does not say of the columns of `orders`. */
const TYPES = Object.entries({
  id: 'long',
  customer_id: 'long',
  amount: 'decimal(12,2)',
  created_at: 'timestamptz',
  updated_at: 'timestamptz',
  flag: 'boolean',
  payload: 'json',
  discount: 'double',
})
  .map(([name, type]) => `types.${name}=${type}`)
  .join('&');

const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt');

/** DuckDB reads what psql writes, and writes Parquet as it comes. */
const DUCKDB = `import duckdb, sys
duckdb.sql("copy (select * from read_csv('/dev/stdin', header = true)) to '%s' (format parquet, compression snappy)" % sys.argv[1])`;

export const FILE_PATHS = ['csv-postgres', 'postgres-csv', 'postgres-parquet'] as const;

/**
 * The table of the bench from a file and into files, each beside psql's \\copy; Parquet beside psql piped into DuckDB where its package can
 * be installed, else beside \\copy too.
 */
export async function fileWorkload(path: (typeof FILE_PATHS)[number], rows: number): Promise<Workload> {
  const base = await postgresWorkload(rows);
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-files-'));
  const { source, target } = base;
  const [made, wanted] = [join(folder, 'made'), join(folder, 'wanted.csv')];
  const psql = async (url: string, command: string): Promise<number> =>
    (await timed('psql', ['-q', url, '-c', command], { PGTZ: 'UTC' })).seconds;
  const toCsv = (): Promise<number> =>
    psql(source.url, `\\copy orders to '${wanted}' with (format csv, header)`);
  const close = async (): Promise<void> => {
    rmSync(folder, { recursive: true });
    await base.close();
  };
  const fromTable = `${source.url}#orders`;
  const intoTable = `${target.url}#orders`;
  if (path === 'csv-postgres') {
    await toCsv();
    return {
      ...base,
      ends: [`csv:${wanted}#${TYPES}`, intoTable],
      async limit() {
        await target.run('truncate limit_orders');
        return psql(target.url, `\\copy limit_orders from '${wanted}' with (format csv, header)`);
      },
      close,
    };
  }
  if (path === 'postgres-csv')
    return {
      ...base,
      ends: [fromTable, `csv:${made}.csv`],
      limit: toCsv,
      async check() {
        await target.run('truncate limit_orders');
        await psql(target.url, `\\copy limit_orders from '${made}.csv' with (format csv, header)`);
        const is = await target.value(`${HASH} from limit_orders t`);
        const was = await source.value(`${HASH} from orders t`);
        if (is !== was) throw new Error(`The sides differ: ${was} and ${is}`);
      },
      close,
    };
  const peer = await pythonWith(REQUIREMENTS);
  const piped = `psql -q '${source.url}' -c 'copy orders to stdout with (format csv, header)' | "$PYTHON" -c "$DUCKDB" '${folder}/theirs.parquet'`;
  return {
    ...base,
    ends: [fromTable, `parquet:${made}.parquet`],
    limit: async () =>
      'python' in peer
        ? (await timed('bash', ['-c', piped], { PYTHON: peer.python, DUCKDB })).seconds
        : toCsv(),
    async check() {
      const { code, said } = await sluice(
        ['copy', `parquet:${made}.parquet`, intoTable, '--write', 'insert', '--truncate'],
        { environment: { SLUICE_HOME: join(folder, 'home') } },
      );
      if (code !== 0) throw new Error(said);
      await base.check();
      if (statSync(`${made}.parquet`).size === 0) throw new Error('The file is empty.');
    },
    close,
  };
}
