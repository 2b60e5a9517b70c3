import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** `slk_<id>.<secret>`: the id is public, the secret 256 random bits and a check for leak scanners (S-4). */
export interface AccessKey {
  readonly id: string;
  readonly secret: string;
  /** What the user keeps; shown once. */
  readonly text: string;
}

const CHECK = 6;

function check(body: string): string {
  return createHash('sha256').update(`slk:${body}`).digest('hex').slice(0, CHECK);
}

export function newAccessKey(): AccessKey {
  const id = randomBytes(8).toString('hex');
  const body = randomBytes(32).toString('base64url');
  const secret = body + check(body);
  return { id, secret, text: `slk_${id}.${secret}` };
}

/** The two parts of a key's text; undefined for anything that is none. */
export function parseAccessKey(text: string): { readonly id: string; readonly secret: string } | undefined {
  const found = /^slk_([0-9a-f]{16})\.([A-Za-z0-9_-]{43}[0-9a-f]{6})$/.exec(text);
  if (found === null) return undefined;
  const [, id = '', secret = ''] = found;
  return check(secret.slice(0, -CHECK)) === secret.slice(-CHECK) ? { id, secret } : undefined;
}

/** What the store keeps: enough entropy for a plain hash (S-5). */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** In constant time. */
export function verifySecret(secret: string, hash: string): boolean {
  const given = Buffer.from(hashSecret(secret));
  const known = Buffer.from(hash);
  return given.length === known.length && timingSafeEqual(given, known);
}
