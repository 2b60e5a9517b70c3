import type { WorkerReport } from '@sluice/ports';
import type { FastifyInstance } from 'fastify';
import type { AppOptions } from '../app.ts';

/** A report carries progress, log lines and dirty records of all stages of a worker. */
const REPORT_LIMIT = 16 * 1024 * 1024;
/** Longest wait that a worker may ask for, in milliseconds. */
const LONGEST = 25_000;

interface RenewBody {
  readonly report: WorkerReport;
  readonly wait?: { readonly version: string; readonly milliseconds: number };
}

/** What workers in other processes call, with the worker token; `renew` hands secrets to the holder of a stage (S-23). */
export function internalRoutes(app: FastifyInstance, { runs, sources }: AppOptions): void {
  const { coordination } = runs;
  app.post('/internal/v1/renew', { bodyLimit: REPORT_LIMIT }, async (request) => {
    const { report, wait } = request.body as RenewBody;
    const safe = JSON.parse(sources.redactor.redact(JSON.stringify(report))) as WorkerReport;
    if (wait === undefined) return coordination.renew(safe);
    const gone = new AbortController();
    request.raw.socket.once('close', () => gone.abort());
    return coordination.renew(safe, {
      version: wait.version,
      milliseconds: Math.min(wait.milliseconds, LONGEST),
      signal: gone.signal,
    });
  });
  app.post('/internal/v1/claim-channel', (request) => {
    const { worker, run, channel, above } = request.body as {
      worker: string;
      run: string;
      channel: number;
      above: number;
    };
    return coordination.claimChannel(worker, run, channel, above);
  });
  app.post('/internal/v1/release', async (request, reply) => {
    await coordination.release((request.body as { worker: string }).worker);
    return reply.code(204).send();
  });
}
