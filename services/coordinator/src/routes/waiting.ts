import { preferenceOf } from '@sluice/http-kit';
import { RESTING_STATES } from '@sluice/model';
import type { Store } from '@sluice/ports';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Answer } from './idempotency.ts';
import { shownRun } from './run-shown.ts';

/** The longest that a call may be kept waiting, in seconds. */
const LONGEST = 30;
/** How often the run is looked at, in milliseconds. */
const LOOK_EVERY = 50;

/**
 * What a call that started a run answers: at once; or for a caller with `Prefer: wait=N` when the run rests, at the latest after N
 * seconds (at most 30). 200 says that it rests, 202 that it goes on.
 */
export async function waited(
  store: Store,
  request: FastifyRequest,
  reply: FastifyReply,
  answer: Answer,
): Promise<Answer> {
  const wanted = Number(preferenceOf(request, 'wait') ?? 0);
  if (!(wanted > 0)) return answer;
  const seconds = Math.min(wanted, LONGEST);
  void reply.header('preference-applied', `wait=${seconds}`);
  const until = performance.now() + seconds * 1000;
  const { id } = answer.body as { id: string };
  for (;;) {
    const run = await store.runs.get(id);
    if (run === undefined) return answer;
    const rests = RESTING_STATES.has(run.state);
    if (rests || performance.now() >= until || request.raw.socket.destroyed)
      return { ...answer, status: rests ? 200 : 202, body: shownRun(run) };
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
  }
}
