import { EventStream } from '@sluice/http-kit';
import { RESTING_STATES } from '@sluice/model';
import type { LogLine, RunRow } from '@sluice/ports';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AppOptions } from '../app.ts';
import { stillAllowed } from '../authorize.ts';
import { BETWEEN } from './listing.ts';

/** How often the store is looked at for new lines, and whether the key is still good, in milliseconds. */
const FOLLOW_EVERY = 250;
const ASK_AGAIN = 1000;
/** The next page is read when the client has taken all but this many bytes. */
const LOW = 64 * 1024;
/** A client that takes nothing for this long (milliseconds) is dropped. */
const STALLED = 30_000;

export const LOG_QUERY = {
  type: 'object',
  properties: {
    after: { type: 'integer', minimum: 0 },
    before: { type: 'integer', minimum: 1 },
    from: { type: 'string', enum: ['tail'] },
    limit: { type: 'integer', minimum: 1, maximum: 1000, default: 200 },
    level: { type: 'string', enum: ['debug', 'info', 'warn', 'error'] },
    stage: { type: 'string', maxLength: 100 },
    split: { type: 'integer', minimum: 0 },
    q: { type: 'string', maxLength: 200 },
    follow: { type: 'boolean' },
    ...BETWEEN,
  },
  additionalProperties: false,
} as const;

interface LogQuery {
  readonly after?: number;
  readonly before?: number;
  readonly from?: 'tail';
  readonly limit?: number;
  readonly level?: LogLine['level'];
  readonly stage?: string;
  readonly split?: number;
  readonly q?: string;
  readonly follow?: boolean;
  readonly since?: number;
  readonly until?: number;
}

/** A page of a run's log, or its lines as they come, until the run rests. */
export async function sendLogs(
  { store, sources }: AppOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  run: RunRow,
): Promise<unknown> {
  const {
    follow,
    from,
    q,
    limit = 200,
    level,
    stage,
    split,
    after,
    before,
    since,
    until,
  } = request.query as LogQuery;
  const filter = {
    limit,
    ...(level === undefined ? {} : { level }),
    ...(stage === undefined ? {} : { stage }),
    ...(split === undefined ? {} : { split }),
    ...(q === undefined ? {} : { text: q }),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
  };
  const isTail = from === 'tail';
  if (follow !== true)
    return store.logs.read(run.id, {
      ...filter,
      ...(isTail ? { tail: true } : {}),
      ...(after === undefined ? {} : { after }),
      ...(before === undefined ? {} : { before }),
    });
  const seen = Number(request.headers['last-event-id']);
  const stream = new EventStream(reply, { redact: (text) => sources.redactor.redact(text) });
  let at = Number.isSafeInteger(seen) && seen > 0 ? seen : (after ?? 0);
  let wantsTail = isTail && at === 0;
  let askedAt = performance.now();
  while (!stream.signal.aborted) {
    const { state } = (await store.runs.get(run.id)) ?? { state: 'cancelled' as const };
    const found = await store.logs.read(run.id, {
      ...filter,
      ...(wantsTail ? { tail: true } : { after: at }),
    });
    // A page may be empty because the filter fits nothing in it, with more to come.
    const moved = found.after > at;
    at = found.after;
    wantsTail = false;
    for (const line of found.lines) stream.send({ event: 'log', id: String(line.n), data: line });
    if (RESTING_STATES.has(state) && !moved) {
      stream.send({ event: 'end', data: { state } });
      break;
    }
    await taken(stream);
    if (performance.now() - askedAt >= ASK_AGAIN) {
      askedAt = performance.now();
      if (!(await stillAllowed(store, request.principal))) break;
    }
    if (!moved) await pause();
  }
  stream.end();
  return reply;
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, FOLLOW_EVERY));

/** Waits until the client has read; one that has stopped reading is dropped. */
async function taken(stream: EventStream): Promise<void> {
  const since = performance.now();
  while (stream.unread > LOW && !stream.signal.aborted) {
    if (performance.now() - since > STALLED) return stream.drop();
    await pause();
  }
}
