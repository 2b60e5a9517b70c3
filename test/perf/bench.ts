/**
 * `npm run bench [-- --rows N] [--only PATH]`: copies between real servers, each run beside what an engineer would type, alternating,
 * three times. PATH: postgres-postgres, mysql-postgres, upsert (of rows that are there already), files (CSV and Parquet), ten-rows, or
 * memory, which is not among the ordinary ones (10,000,000 rows, once, then the sides are compared); `--bus memory|kafka` leaves one
 * bus. Writes test/perf/results.{md,jsonl}. `--only mapping` measures mappings in a map stage without bus and databases, and only prints.
 */
import { parseArgs } from 'node:util';
import { type ServerKind, startServers } from '../../infra/servers/index.ts';
import { Distributed } from './distributed.ts';
import { sluiceCopy, warmRuns } from './embedded.ts';
import { FILE_PATHS, fileWorkload } from './files.ts';
import { benchMappings } from './mapping.ts';
import type { Own, Result } from './measuring.ts';
import { report } from './report.ts';
import { mariadbUpserts, postgresUpserts } from './upsert.ts';
import { mariadbWorkload, postgresWorkload, type Workload } from './workload.ts';

const { values } = parseArgs({
  options: { rows: { type: 'string' }, only: { type: 'string' }, bus: { type: 'string' } },
});
const results: Result[] = [];
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const has = (path: string): boolean => (values.only === undefined ? path !== 'memory' : values.only === path);
const on = (bus: string): boolean => values.bus === undefined || values.bus === bus;

function add(result: Omit<Result, 'ratio'>): void {
  const ratio = result.limitSeconds / result.seconds;
  results.push({ ...result, ratio });
  const { path, bus, channels, rows, seconds, limitSeconds, peakRssMb } = result;
  say(
    `${path} ${bus} ${channels} channels ${rows} rows: ${seconds.toFixed(2)} s, limit ${limitSeconds.toFixed(2)} s, ratio ${ratio.toFixed(2)}, ${peakRssMb ?? '-'} MB`,
  );
}

async function measure(
  what: Pick<Result, 'path' | 'bus' | 'channels' | 'rows'>,
  work: Workload,
  run: () => Promise<Own>,
  times = 3,
): Promise<void> {
  for (let i = 0; i < times; i++) add({ ...what, limitSeconds: await work.limit(), ...(await run()) });
  await work.check();
}

async function path(name: string, work: Workload, rows: number, times = 3): Promise<void> {
  if (on('memory'))
    for (const channels of [1, 4])
      await measure(
        { path: name, bus: 'memory', channels, rows },
        work,
        () => sluiceCopy(work, rows, channels),
        times,
      );
  if (!on('kafka')) return;
  const cluster = await Distributed.start();
  // Processes that run for weeks are measured, not their first seconds.
  await cluster.copy(work, rows, 1);
  for (const channels of [1, 2])
    await measure(
      { path: name, bus: 'kafka', channels, rows },
      work,
      () => cluster.copy(work, rows, channels),
      times,
    );
  await cluster.stop();
}

async function tenRows(): Promise<void> {
  const work = await postgresWorkload(10);
  const one = { channels: 1, rows: 10 };
  for (const seconds of await warmRuns(work, 3))
    add({ path: 'ten-rows-warm-api', bus: 'memory', ...one, seconds, limitSeconds: await work.limit() });
  await measure({ path: 'ten-rows-cold-copy', bus: 'memory', ...one }, work, async () => {
    const { seconds, peakRssMb } = await sluiceCopy(work, 10, 1);
    return { seconds, ...(peakRssMb === undefined ? {} : { peakRssMb }) };
  });
  const cluster = await Distributed.start();
  await cluster.copy(work, 10, 1);
  await measure({ path: 'ten-rows-api', bus: 'kafka', ...one }, work, async () => ({
    seconds: (await cluster.copy(work, 10, 1)).seconds,
  }));
  await cluster.stop();
  await work.close();
}

/** Every row is there already, with other values. */
async function upserts(rows: number): Promise<void> {
  for (const [name, make] of [
    ['upsert-postgres-postgres', postgresUpserts],
    ['upsert-postgres-mysql', mariadbUpserts],
  ] as const) {
    const work = await make(rows);
    await measure({ path: name, bus: 'memory', channels: 1, rows }, work, async () => {
      await work.reset();
      return sluiceCopy(work, rows, 1, ['--write', 'upsert']);
    });
    await work.close();
  }
}

async function files(rows: number): Promise<void> {
  for (const name of FILE_PATHS) {
    const work = await fileWorkload(name, rows);
    for (const channels of [1, 4])
      await measure({ path: name, bus: 'memory', channels, rows }, work, () =>
        sluiceCopy(work, rows, channels),
      );
    await work.close();
  }
}

if (values.only === 'mapping') {
  benchMappings(say);
  process.exit();
}
const needed: readonly ServerKind[] =
  values.only === 'files' ? ['postgres'] : ['postgres', 'mariadb', 'redis', 'kafka'];
const servers = await startServers(needed, process.env);
Object.assign(process.env, servers.environment);
try {
  const rows = Number(values.rows ?? 1_000_000);
  for (const [name, make] of [
    ['postgres-postgres', postgresWorkload],
    ['mysql-postgres', mariadbWorkload],
  ] as const) {
    if (!has(name)) continue;
    const work = await make(rows);
    await path(name, work, rows);
    await work.close();
  }
  if (has('upsert')) await upserts(Number(values.rows ?? 200_000));
  if (has('files') && on('memory')) await files(rows);
  if (has('ten-rows')) await tenRows();
  if (has('memory')) {
    const many = Number(values.rows ?? 10_000_000);
    const work = await postgresWorkload(many);
    await path('postgres-postgres', work, many, 1);
    await work.close();
  }
} catch (error) {
  say(String(error));
  process.exitCode = 1;
} finally {
  await servers.stop();
}
report(results);
process.exit();
