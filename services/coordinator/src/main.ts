import { hashSecret, loadKeyFile, newAccessKey, refuseWeak, requiredSetting, SecretBox } from '@sluice/auth';
import { KafkaBus, kafkaOptions } from '@sluice/bus-kafka';
import { asSluiceError } from '@sluice/model';
import { leaseOf, type Store, systemClock } from '@sluice/ports';
import { MemorySignals } from '@sluice/signals-memory';
import { RedisSignals } from '@sluice/signals-redis';
import { openPostgresStore } from '@sluice/store-postgres';
import { createApp } from './app.ts';
import { limitSettings, trustedProxies } from './limit-settings.ts';
import { createRuns } from './runs/index.ts';
import { SecretSources } from './secret-sources.ts';

const WORKSPACE = 'default';

/** The first access key is shown once, on the first start; only its hash is kept (S-1, S-5). */
async function firstObjects(store: Store): Promise<void> {
  if ((await store.workspaces.get(WORKSPACE)) !== undefined) return;
  try {
    await store.workspaces.insert({ id: WORKSPACE, name: WORKSPACE, createdAt: Date.now() });
  } catch (error) {
    if (asSluiceError(error).code === 'SLUICE_CFG_CONFLICT') return;
    throw error;
  }
  const key = newAccessKey();
  await store.accessKeys.insert({
    id: key.id,
    workspace: WORKSPACE,
    name: 'first',
    secretHash: hashSecret(key.secret),
    role: 'owner',
    state: 'enabled',
    createdAt: Date.now(),
  });
  process.stdout.write(
    `${JSON.stringify({ level: 'info', message: 'first access key, shown once', accessKey: key.text })}\n`,
  );
}

async function main(): Promise<void> {
  const redis = process.env['SLUICE_REDIS'];
  const leaseMs = leaseOf(process.env['SLUICE_LEASE']);
  const workerToken = requiredSetting('SLUICE_TOKEN');
  refuseWeak(workerToken, 'SLUICE_TOKEN');
  const limits = limitSettings(process.env);
  const trustProxy = trustedProxies(process.env);
  const box = new SecretBox(loadKeyFile(requiredSetting('SLUICE_KEY_FILE'), false));
  const store = openPostgresStore(requiredSetting('SLUICE_STORE'));
  await store.migrate();
  await firstObjects(store);
  const bus = new KafkaBus({ ...kafkaOptions(process.env), clientId: 'sluice-coordinator' });
  const signals =
    redis === undefined || redis === '' ? new MemorySignals() : new RedisSignals({ url: redis });
  const sources = new SecretSources(store, box);
  const runs = createRuns({ store, bus, signals, clock: systemClock, dataSources: sources, leaseMs });
  const app = createApp({
    store,
    bus,
    runs,
    sources,
    workerToken,
    isOpen: false,
    limits,
    ...(trustProxy === undefined ? {} : { trustProxy }),
  });
  const stopping = new AbortController();
  const driving = runs.run(stopping.signal);
  const address = await app.listen({
    host: process.env['SLUICE_HOST'] ?? '127.0.0.1',
    port: Number(process.env['SLUICE_PORT'] ?? 7070),
  });
  process.stdout.write(`${JSON.stringify({ level: 'info', message: 'coordinator is up', address })}\n`);
  const stop = async (): Promise<void> => {
    stopping.abort();
    await Promise.all([app.close(), driving]);
    await Promise.all([bus.close(), signals.close(), store.close()]);
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop());
}

try {
  await main();
} catch (thrown) {
  const error = asSluiceError(thrown);
  process.stderr.write(`${error.code}: ${error.detail}\n${error.hint}\n`);
  process.exitCode = 1;
}
