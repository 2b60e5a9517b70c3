import { SluiceError } from '@sluice/model';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { preferenceOf } from './preference.ts';

interface Row {
  readonly version: number;
}

export const etagOf = ({ version }: Row): string => `"${version}"`;

const tags = (header: string): string[] => header.split(',').map((tag) => tag.trim().replace(/^W\//, ''));

/**
 * Refuses a change of an object that is not as the caller saw it: SLUICE_CFG_STALE when `If-Match` names another version. Without the
 * header nothing is refused, but to a caller that asks to be held to it (`Prefer: require-match`): SLUICE_CFG_UNGUARDED.
 */
export function guardChange(request: FastifyRequest, row: Row, what: string): void {
  const wanted = request.headers['if-match'];
  if (wanted === undefined) {
    if (preferenceOf(request, 'require-match') === undefined) return;
    throw new SluiceError('SLUICE_CFG_UNGUARDED', {
      detail: `${what} is changed without If-Match.`,
      place: 'If-Match',
    });
  }
  if (wanted.trim() !== '*' && !tags(wanted).includes(etagOf(row))) throw stale(what, row);
}

export function stale(what: string, row?: Row): SluiceError {
  const now = row === undefined ? 'was changed meanwhile' : `is at version ${row.version}`;
  return new SluiceError('SLUICE_CFG_STALE', { detail: `${what} ${now}.`, place: 'If-Match' });
}

/** Sends an object with its ETag; a caller that has this version gets 304 and no body. */
export function sendVersioned(
  request: FastifyRequest,
  reply: FastifyReply,
  row: Row,
  body: object,
): FastifyReply {
  void reply.header('etag', etagOf(row));
  const known = request.method === 'GET' ? request.headers['if-none-match'] : undefined;
  if (known !== undefined && (known.trim() === '*' || tags(known).includes(etagOf(row))))
    return reply.code(304).send();
  return reply.send(body);
}
