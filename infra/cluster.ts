/**
 * `npm run cluster`: without Docker, starts real Kafka, PostgreSQL, MariaDB and Redis and two of each service, copies a table from
 * MariaDB over Kafka into PostgreSQL, prints the ledger and the topics, and stops everything it started. `-- --rows N` (default 100000).
 */
import { parseArgs } from 'node:util';
import { ERRORS } from '@sluice/model';
import { Cluster } from '../test/e2e/cluster.ts';
import { restedRun, startCopy } from '../test/e2e/cluster-copy.ts';
import { fill, fingerprint, place } from '../test/e2e/pairs.ts';
import { missingServers, type Servers, startServers } from './servers/index.ts';

const { values } = parseArgs({ options: { rows: { type: 'string', default: '100000' } } });
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const KINDS = ['kafka', 'postgres', 'mariadb', 'redis'] as const;

/** Ends the process and says what is missing: code, place, cause, remedy. */
function refuse(missing: Servers['missing']): never {
  const { meaning, remedy } = ERRORS.SLUICE_SYS_MISSING;
  const faults = missing.map(({ kind, why }) => `  place:  ${kind}\n  cause:  ${why}`);
  process.stderr.write(`SLUICE_SYS_MISSING: ${meaning}\n${faults.join('\n')}\n  remedy: ${remedy}\n`);
  process.exit(1);
}

const absent = missingServers(KINDS);
if (absent.length > 0) refuse(absent);
say('Starting Kafka, PostgreSQL, MariaDB and Redis ...');
const servers = await startServers(KINDS, {});
if (servers.missing.length > 0) {
  await servers.stop();
  refuse(servers.missing);
}
Object.assign(process.env, servers.environment);
const { SLUICE_TEST_KAFKA: kafka, SLUICE_TEST_REDIS: redis } = servers.environment;
const store = await place('postgres');
const [source, target] = [await place('mysql'), await place('postgres')];
const cluster = await Cluster.start({ store: store.url, kafka: kafka!, redis: redis!, two: true });
try {
  await cluster.add('coordinator', { SLUICE_PORT: String(cluster.ports[1]) });
  for (const role of ['reader', 'mapper', 'writer'] as const)
    for (let i = 0; i < 2; i++) await cluster.add(role);
  say(`Running: ${cluster.members.map(({ name }) => name).join(', ')}`);
  await fill(source, 'orders', Number(values.rows), true);
  const { id } = await startCopy(cluster, source.url, target.url, 'orders', {
    mapStage: true,
    control: { channels: 4 },
  });
  const run = await restedRun(cluster, id, 600_000);
  const { counts } = run;
  say(`Run ${run.state}${run.error === undefined ? '' : `: ${run.error.code} ${run.error.detail}`}`);
  say(
    `Ledger: read ${counts?.read} = written ${counts?.written} + filtered ${counts?.filtered} + dirty ${counts?.dirty}`,
  );
  say(`Equal: ${(await fingerprint(source, 'orders')) === (await fingerprint(target, 'orders'))}`);
  const topics = await cluster.call<{ items: { name: string; channels: number }[] }>('GET', '/topics');
  for (const { name, channels } of topics.items) {
    const { items } = await cluster.call<{ items: { low: number; high: number }[] }>(
      'GET',
      `/topics/${name}/partitions`,
    );
    say(
      `Topic ${name}: ${channels} partitions, ${items.reduce((sum, { low, high }) => sum + high - low, 0)} batches`,
    );
  }
} finally {
  await cluster.stop();
  for (const one of [store, source, target]) await one.close();
  await servers.stop();
  say('Stopped everything that was started.');
}
