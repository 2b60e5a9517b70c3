import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Command, Option } from 'commander';
import type { Client, ServerOptions } from '../client.ts';
import { clientOf, listing, type ListOptions, onServer, outputOption, whole } from '../options.ts';
import { note, type Output, printData, printList } from '../output.ts';

interface Filter {
  readonly code?: string;
  readonly column?: string;
}

interface DirtyRecord {
  readonly code: string;
  readonly column?: string;
  readonly reason: string;
  readonly record: string;
}

interface Count {
  readonly code: string;
  readonly column?: string;
  readonly state: string;
  readonly count: number;
}

interface Replay {
  readonly read: number;
  readonly written: number;
  readonly filtered: number;
  readonly recovered: number;
  readonly dirty: number;
  readonly nextCursor?: string;
}

/** Characters of a record that the table shows. */
const SHOWN = 60;

/** Commands about records that a run could not map or write. */
export function dirtyCommands(run: Command): void {
  const filtered = (command: Command): Command =>
    command
      .option('--code <code>', 'only records of this error code')
      .option('--column <name>', 'only records that this column is to blame for');
  filtered(listing(run.command('dirty <id>')))
    .description('list the dirty records of a run')
    .option('--counts', 'only how many there are by code and column')
    .addOption(new Option('--download <format>', 'all of them to stdout').choices(['jsonl', 'csv']))
    .action(dirty);
  filtered(onServer(run.command('replay <id>')))
    .description('write dirty records once more, after mapping or target were repaired')
    .addOption(outputOption())
    .action(replay);
  onServer(run.command('throttle <id>'))
    .description('change the rates of a run, also while it is running; without a rate it is unlimited')
    .option('--rows-per-second <n>', 'over all channels and processes', whole(1))
    .option('--bytes-per-second <n>', 'over all channels and processes', whole(1))
    .addOption(outputOption())
    .action(throttle);
}

const queryOf = ({ code, column }: Filter): URLSearchParams =>
  new URLSearchParams({
    ...(code === undefined ? {} : { code }),
    ...(column === undefined ? {} : { column }),
  });

const pathOf = (client: Client, id: string, rest: string): Promise<string> =>
  client.in(`/runs/${encodeURIComponent(id)}${rest}`);

type DirtyOptions = ListOptions & Filter & { readonly counts?: boolean; readonly download?: string };

async function dirty(id: string, options: DirtyOptions): Promise<void> {
  const client = clientOf(options);
  const query = queryOf(options);
  if (options.download !== undefined) {
    query.set('format', options.download);
    const answer = await client.open('GET', await pathOf(client, id, `/dirty-records/download?${query}`));
    return pipeline(Readable.fromWeb(answer.body as never), process.stdout, { end: false });
  }
  if (options.counts === true) {
    const path = await pathOf(client, id, '/dirty-records/counts');
    const { items } = await client.get<{ items: Count[] }>(path);
    return printList(items, options.output, {
      code: ({ code }) => code,
      column: ({ column }) => column,
      state: ({ state }) => state,
      count: ({ count }) => count,
    });
  }
  const path = await pathOf(client, id, `/dirty-records?${query}`);
  printList(await client.list<DirtyRecord>(path, options.limit), options.output, {
    code: ({ code }) => code,
    column: ({ column }) => column,
    reason: ({ reason }) => reason,
    record: ({ record }) => (record.length > SHOWN ? `${record.slice(0, SHOWN - 3)}...` : record),
  });
}

/** Call by call, until every record was looked at. */
async function replay(
  id: string,
  options: ServerOptions & Filter & { readonly output: Output },
): Promise<void> {
  const client = clientOf(options);
  const path = await pathOf(client, id, '/dirty-records:replay');
  const filter = Object.fromEntries(queryOf(options));
  const sum = { read: 0, written: 0, filtered: 0, recovered: 0, dirty: 0 };
  for (let cursor: string | undefined; ;) {
    const line = await client.post<Replay>(path, cursor === undefined ? filter : { ...filter, cursor });
    for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += line[name];
    cursor = line.nextCursor;
    if (cursor === undefined) break;
  }
  if (options.output !== 'table') return printData(sum, options.output);
  const { read, written, filtered, recovered, dirty: still } = sum;
  process.stdout.write(
    `${read} replayed = ${written} written + ${filtered} filtered + ${recovered} written before + ${still} still dirty\n`,
  );
  if (still > 0) note(`Why they are: sluice run dirty --counts ${id}`);
}

interface ThrottleOptions extends ServerOptions {
  readonly rowsPerSecond?: number;
  readonly bytesPerSecond?: number;
  readonly output: Output;
}

async function throttle(
  id: string,
  { rowsPerSecond, bytesPerSecond, ...options }: ThrottleOptions,
): Promise<void> {
  const client = clientOf(options);
  const rate = {
    ...(rowsPerSecond === undefined ? {} : { rowsPerSecond }),
    ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }),
  };
  const run = await client.post<{ id: string; state: string }>(await pathOf(client, id, ':throttle'), rate);
  if (options.output !== 'table') return printData(run, options.output);
  const text = [
    ...(rowsPerSecond === undefined ? [] : [`${rowsPerSecond} rows/s`]),
    ...(bytesPerSecond === undefined ? [] : [`${bytesPerSecond} bytes/s`]),
  ].join(', ');
  process.stdout.write(`${run.id} ${run.state}, ${text === '' ? 'unlimited' : text}\n`);
}
