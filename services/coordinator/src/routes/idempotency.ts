import { createHash } from 'node:crypto';
import { SluiceError } from '@sluice/model';
import type { Store } from '@sluice/ports';
import type { FastifyReply, FastifyRequest } from 'fastify';

interface Answer {
  readonly status: number;
  readonly body: object;
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
 * SLUICE_CFG_INVALID, while the first is under way SLUICE_CFG_CONFLICT. Without the header the call simply runs.
 */
export async function idempotent(
  store: Store,
  request: FastifyRequest,
  reply: FastifyReply,
  body: () => Promise<Answer>,
): Promise<FastifyReply> {
  const key = request.headers['idempotency-key'];
  if (typeof key !== 'string' || key === '') return send(reply, await body());
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
      throw new SluiceError('SLUICE_CFG_INVALID', {
        detail: 'This Idempotency-Key was used with another body.',
        place: 'Idempotency-Key',
      });
    if (known.state === 'in-flight')
      throw new SluiceError('SLUICE_CFG_CONFLICT', 'The first call with this Idempotency-Key is under way.');
    return send(reply, { status: known.status!, body: JSON.parse(known.body!) as object });
  }
  if (known !== undefined) await store.idempotency.remove(id);
  const row = await store.idempotency.insert({ id, state: 'in-flight', bodyHash, createdAt: Date.now() });
  try {
    const answer = await body();
    await store.idempotency.update(
      { ...row, state: 'done', status: answer.status, body: JSON.stringify(answer.repeated ?? answer.body) },
      row.version,
    );
    return await send(reply, answer);
  } catch (error) {
    // Nothing was made: the key may be used again.
    await store.idempotency.remove(id);
    throw error;
  }
}

function send(reply: FastifyReply, answer: Answer): FastifyReply {
  return reply.code(answer.status).send(answer.body);
}

/** A call that may come without a body has an empty one. */
export function bodyOrNone(request: FastifyRequest, _reply: FastifyReply, done: () => void): void {
  request.body ??= {};
  done();
}
