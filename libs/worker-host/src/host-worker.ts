import { hostname } from 'node:os';
import { requiredSetting } from '@sluice/auth';
import { KafkaBus, kafkaOptions } from '@sluice/bus-kafka';
import { loadConnector } from '@sluice/connectors';
import { HttpCoordination } from '@sluice/coordination-http';
import { asSluiceError, type Stage, uuidv7 } from '@sluice/model';
import { leaseOf, systemClock } from '@sluice/ports';
import { Worker } from '@sluice/runtime';
import { MemorySignals } from '@sluice/signals-memory';
import { RedisSignals } from '@sluice/signals-redis';

/** Runs one worker for one stage until SIGTERM or SIGINT; the environment says where everything is. */
export async function hostWorker(stage: Stage): Promise<void> {
  try {
    await run(stage);
  } catch (thrown) {
    const error = asSluiceError(thrown);
    process.stderr.write(`${error.code}: ${error.detail}\n${error.hint}\n`);
    process.exitCode = 1;
  }
}

async function run(stage: Stage): Promise<void> {
  const redis = process.env['SLUICE_REDIS'];
  const bus = new KafkaBus({
    ...kafkaOptions(process.env),
    clientId: `sluice-${stage}`,
    leaseMs: leaseOf(process.env['SLUICE_LEASE']),
  });
  // Without Redis flow control goes the slow way round, by the coordinator.
  const signals =
    redis === undefined || redis === '' ? new MemorySignals() : new RedisSignals({ url: redis });
  const coordination = new HttpCoordination({
    urls: requiredSetting('SLUICE_URL').split(','),
    token: requiredSetting('SLUICE_TOKEN'),
  });
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort());
  const worker = new Worker({
    id: uuidv7(),
    name: process.env['SLUICE_WORKER_NAME'] ?? `${stage}-${hostname()}-${process.pid}`,
    group: process.env['SLUICE_GROUP'] ?? 'default',
    stages: [stage],
    coordination,
    bus,
    signals,
    clock: systemClock,
    connectors: loadConnector,
  });
  process.stdout.write(`${JSON.stringify({ level: 'info', message: `${stage} worker is up` })}\n`);
  await worker.run(stopping.signal);
  await bus.close();
  await signals.close();
}
