import { createHash } from 'node:crypto';
import { SluiceError } from '@sluice/model';
import type { Store } from '@sluice/ports';
import type { FastifyReply, FastifyRequest } from 'fastify';

export interface Answer {
  readonly status: number;
  readonly body: object;
  /** Path of what was made. */
  readonly location?: string;
  /** What a repeated call gets instead of `body`, because `body` holds a secret that is shown once and never stored. */
  readonly repeated?: object;
}

/** A first call that has not answered for this long (milliseconds) died with its process. */
const DEAD = 120_000;

/** Characters of a key. */
const LONGEST = 200;
/** How long an answer is kept for a repeated key. */
const KEPT = 24 * 3600 * 1000;

/**
 * Runs a creating call once per `Idempotency-Key`: the same key with the same body gets the stored answer, with another body
 * SLUICE_CFG_REPEATED, while the first is under way SLUICE_CFG_CONFLICT. Without the header the call simply runs.
 */
export async function idempotent(
  store: Store,
  request: FastifyRequest,
  body: () => Promise<Answer>,
): Promise<Answer> {
  const key = request.headers['idempotency-key'];
  if (typeof key !== 'string' || key === '') return body();
  if (key.length > LONGEST)
    throw new SluiceError('SLUICE_CFG_INVALID', {
      detail: `An Idempotency-Key has at most ${LONGEST} characters.`,
      place: 'Idempotency-Key',
    });
  // The path names the object: the same key for another one is another call. So is the same key of somebody else.
  const id = `${request.principal.actor}:${request.method} ${request.url}:${key}`;
  const bodyHash = createHash('sha256')
    .update(JSON.stringify(request.body ?? null))
    .digest('hex');
  const known = await store.idempotency.get(id);
  const age = known === undefined ? 0 : Date.now() - known.createdAt;
  if (known !== undefined && age < (known.state === 'done' ? KEPT : DEAD)) {
    if (known.bodyHash !== bodyHash)
      throw new SluiceError('SLUICE_CFG_REPEATED', {
        detail: 'This Idempotency-Key was used with another body.',
        place: 'Idempotency-Key',
      });
    if (known.state === 'in-flight')
      throw new SluiceError('SLUICE_CFG_CONFLICT', 'The first call with this Idempotency-Key is under way.');
    return {
      status: known.status!,
      body: JSON.parse(known.body!) as object,
      ...(known.location === undefined ? {} : { location: known.location }),
    };
  }
  if (known !== undefined) await store.idempotency.remove(id);
  const row = await store.idempotency.insert({ id, state: 'in-flight', bodyHash, createdAt: Date.now() });
  try {
    const answer = await body();
    const { status, location } = answer;
    await store.idempotency.update(
      {
        ...row,
        state: 'done',
        status,
        body: JSON.stringify(answer.repeated ?? answer.body),
        ...(location === undefined ? {} : { location }),
      },
      row.version,
    );
    return answer;
  } catch (error) {
    // Nothing was made: the key may be used again.
    await store.idempotency.remove(id);
    throw error;
  }
}

export function send(reply: FastifyReply, { status, body, location }: Answer): FastifyReply {
  if (location !== undefined) void reply.header('location', location);
  return reply.code(status).send(body);
}

/** A call that may come without a body has an empty one. */
export function bodyOrNone(request: FastifyRequest, _reply: FastifyReply, done: () => void): void {
  request.body ??= {};
  done();
}
