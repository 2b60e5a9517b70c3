/**
 * `npm run bench [-- --rows N] [--only PATH]`: copies between real servers, each run beside what an engineer would type, alternating,
 * three times. Ratio = seconds of the limit / seconds of ours, so higher is better. Writes test/perf/results.{md,jsonl}.
 */
import { spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { NODE_FLAGS } from '../../infra/node-flags.ts';
import { startServers } from '../../infra/servers/index.ts';
import { Cluster } from '../e2e/cluster.ts';
import { restedRun, startCopy } from '../e2e/cluster-copy.ts';
import { place } from '../e2e/pairs.ts';

interface Result {
  readonly path: string;
  readonly bus: 'memory' | 'kafka';
  readonly channels: number;
  readonly rows: number;
  readonly seconds: number;
  readonly limitSeconds: number;
  readonly ratio: number;
  readonly cpuSecondsPerMillionRows?: number;
  readonly peakRssMb?: number;
}

const { values } = parseArgs({
  options: { rows: { type: 'string', default: '1000000' }, only: { type: 'string' } },
});
const rows = Number(values.rows);
const ROOT = join(import.meta.dirname, '../..');
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const results: Result[] = [];

/** Runs a command; answers its seconds. */
function timed(
  program: string,
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<{ seconds: number; out: string }> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(program, args, {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.once('close', (code) =>
      code === 0
        ? resolve({ seconds: (performance.now() - started) / 1000, out })
        : reject(new Error(`${program}: ${code}`)),
    );
  });
}

const servers = await startServers(['postgres', 'mariadb', 'redis', 'kafka'], process.env);
Object.assign(process.env, servers.environment);
const [source, target] = [await place('postgres'), await place('postgres')];
const workload = join(import.meta.dirname, 'workload/orders-postgres.sql');
await timed('psql', ['-q', source.url, '-v', `rows=${rows}`, '-v', 'table=orders', '-f', workload]);
const definition =
  'id bigint primary key, customer_id bigint not null, status varchar(16) not null, amount numeric(12,2) not null, note varchar(200), created_at timestamptz(6) not null, updated_at timestamptz(6) not null, flag boolean not null, payload jsonb, discount double precision';
for (const table of ['orders', 'limit_orders']) await target.run(`create table ${table} (${definition})`);

/** What an engineer would type. */
async function limit(): Promise<number> {
  await target.run('truncate limit_orders');
  const pipe = `psql -q '${source.url}' -c 'copy orders to stdout' | psql -q '${target.url}' -c 'copy limit_orders from stdin'`;
  return (await timed('bash', ['-c', pipe])).seconds;
}

/** `sluice copy` in a process of its own: wall seconds with start-up, CPU and peak memory by the operating system. */
async function memory(channels: number): Promise<Partial<Result> & { seconds: number }> {
  const cli = join(ROOT, 'services/cli/src/main.ts');
  const report = join(mkdtempSync(join(tmpdir(), 'sluice-bench-')), 'usage');
  const args = [
    'copy',
    `${source.url}#orders`,
    `${target.url}#orders`,
    '--write',
    'insert',
    '--truncate',
    '--channels',
    String(channels),
    '-o',
    'json',
  ];
  const { seconds } = await timed(
    'python3',
    ['-c', USAGE, report, process.execPath, ...NODE_FLAGS, cli, ...args],
    {
      SLUICE_HOME: mkdtempSync(join(tmpdir(), 'sluice-bench-')),
    },
  );
  const { readFileSync } = await import('node:fs');
  const [cpu, rss] = readFileSync(report, 'utf8').split(' ').map(Number);
  return { seconds, cpuSecondsPerMillionRows: (cpu! / rows) * 1e6, peakRssMb: Math.round(rss! / 1024) };
}

/** Runs a command and writes the CPU seconds and peak KiB of its children to a file. */
const USAGE = `import resource, subprocess, sys
code = subprocess.call(sys.argv[2:], stdout=subprocess.DEVNULL)
u = resource.getrusage(resource.RUSAGE_CHILDREN)
open(sys.argv[1], 'w').write('%f %d' % (u.ru_utime + u.ru_stime, u.ru_maxrss))
sys.exit(code)`;

async function kafka(cluster: Cluster, channels: number): Promise<{ seconds: number }> {
  const started = performance.now();
  const document = { write: { mode: 'insert' as const, truncateFirst: true }, control: { channels } };
  const { id } = await startCopy(cluster, source.url, target.url, 'orders', document);
  const run = await restedRun(cluster, id, 600_000);
  if (run.state !== 'succeeded') throw new Error(JSON.stringify(run.error));
  return { seconds: (performance.now() - started) / 1000 };
}

async function measure(
  bus: Result['bus'],
  channels: number,
  run: () => Promise<Partial<Result> & { seconds: number }>,
): Promise<void> {
  for (let i = 0; i < 3; i++) {
    const limitSeconds = await limit();
    const own = await run();
    const result: Result = {
      path: 'postgres-postgres',
      bus,
      channels,
      rows,
      limitSeconds,
      ratio: limitSeconds / own.seconds,
      ...own,
    };
    results.push(result);
    say(
      `${result.path} ${bus} ${channels} channels: ${own.seconds.toFixed(2)} s, limit ${limitSeconds.toFixed(2)} s, ratio ${result.ratio.toFixed(2)}`,
    );
  }
}

try {
  const wanted = (bus: string): boolean => values.only === undefined || values.only === bus;
  if (wanted('memory'))
    for (const channels of [1, 4]) await measure('memory', channels, () => memory(channels));
  if (wanted('kafka')) {
    const store = await place('postgres');
    const cluster = await Cluster.start({
      store: store.url,
      kafka: process.env['SLUICE_TEST_KAFKA']!,
      redis: process.env['SLUICE_TEST_REDIS']!,
    });
    for (const role of ['reader', 'writer'] as const) await cluster.add(role);
    await measure('kafka', 1, () => kafka(cluster, 1));
    await measure('kafka', 2, () => kafka(cluster, 2));
    await cluster.stop();
    await store.close();
  }
  const equal = await target.value('select count(*) from orders');
  say(`Rows in the target: ${equal}`);
} finally {
  await source.close();
  await target.close();
  await servers.stop();
}
const here = import.meta.dirname;
for (const result of results) appendFileSync(join(here, 'results.jsonl'), `${JSON.stringify(result)}\n`);
const median = (numbers: number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
const groups = Map.groupBy(results, ({ path, bus, channels }) => `${path} | ${bus} | ${channels}`);
const table = [...groups].map(([name, of]) => {
  const best = (pick: (result: Result) => number): string => median(of.map(pick)).toFixed(2);
  return `| ${name} | ${rows} | ${best((r) => r.seconds)} | ${best((r) => r.limitSeconds)} | ${best((r) => r.ratio)} | ${best((r) => r.cpuSecondsPerMillionRows ?? 0)} | ${best((r) => r.peakRssMb ?? 0)} |`;
});
writeFileSync(
  join(here, 'results.md'),
  `# Results\n\nMedians of three runs by \`npm run bench\`, each beside \`psql copy | psql copy\` in text on the same machine. Ratio: limit / ours.\n\n| path | bus | channels | rows | s | limit s | ratio | CPU s per million rows | peak RSS MB |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n${table.join('\n')}\n`,
);
