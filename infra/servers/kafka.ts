import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
// Mends the client before it is used: without that it schedules itself every millisecond.
import '@sluice/bus-kafka';
import { Kafka, logLevel } from 'kafkajs';
import { locate } from './locate.ts';
import { freePort, launchServer, type Server } from './server-process.ts';

const VERSION = '4.1.0';
const jars = (): string =>
  join(process.env['SLUICE_CACHE'] ?? join(homedir(), '.cache', 'sluice'), `kafka-${VERSION}`);

export function missingKafka(): string | undefined {
  if (locate(['java']) === undefined)
    return 'there is no Java (Debian: apt-get install openjdk-17-jre-headless)';
  if (!existsSync(jars()) && locate(['mvn']) === undefined)
    return 'there is no Maven to get Kafka with (Debian: apt-get install maven)';
  return undefined;
}

/** Gets the jars once, by Maven, into the cache directory. */
function fetchKafka(): void {
  if (existsSync(jars())) return;
  mkdirSync(join(jars(), '..'), { recursive: true });
  const partial = `${jars()}.${process.pid}`;
  const pom = join(import.meta.dirname, '..', 'kafka-pom.xml');
  execFileSync(
    'mvn',
    ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${partial}`],
    { stdio: 'pipe' },
  );
  if (existsSync(jars())) rmSync(partial, { recursive: true });
  else renameSync(partial, jars());
}

/**
 * For a broker that lives for minutes beside what it serves on few cores: the optimising compiler took 15 s of processor time in the
 * first ten runs of the bench, more than the broker's own work, and would pay off only after hours.
 */
const JVM = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

/**
 * One broker (KRaft); its url is the broker's address. New groups do not wait for more members. `advertised` is the port that the
 * broker tells its clients to use: that of a proxy in front of it.
 */
export async function startKafka(
  options: { readonly port?: number; readonly advertised?: number } = {},
): Promise<Server> {
  fetchKafka();
  const directory = mkdtempSync(join(tmpdir(), 'sluice-kafka-'));
  const [port, controller] = [options.port ?? (await freePort()), await freePort()];
  const advertised = options.advertised ?? port;
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${advertised}`,
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': join(directory, 'data'),
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    // So that tests may let a worker be missed after SLUICE_LEASE=4.
    'group.min.session.timeout.ms': '4000',
    'auto.create.topics.enable': 'false',
    'message.max.bytes': '8388608',
    'replica.fetch.max.bytes': '8388608',
  };
  const config = join(directory, 'server.properties');
  writeFileSync(
    config,
    Object.entries(settings)
      .map(([name, value]) => `${name}=${value}`)
      .join('\n'),
  );
  const classpath = ['-cp', join(jars(), '*')];
  execFileSync(
    'java',
    [...classpath, 'kafka.tools.StorageTool', 'format', '-t', 'MkU3OEVBNTcwNTJENDM2Qk', '-c', config],
    { stdio: 'pipe' },
  );
  const url = `127.0.0.1:${advertised}`;
  return launchServer({
    program: 'java',
    args: [...JVM, ...classpath, 'kafka.Kafka', config],
    directory,
    url,
    ready: async () => {
      const admin = new Kafka({
        brokers: [url],
        logLevel: logLevel.NOTHING,
        retry: { retries: 0 },
        connectionTimeout: 500,
      }).admin();
      await admin.connect();
      await admin.listTopics();
      await admin.disconnect();
      return true;
    },
  });
}
