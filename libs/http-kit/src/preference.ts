import type { FastifyRequest } from 'fastify';

/** The value of one preference (RFC 7240) of a request, `''` for one without a value, undefined for one that is not there. */
export function preferenceOf({ headers }: FastifyRequest, name: string): string | undefined {
  for (const part of String(headers['prefer'] ?? '').split(/[,;]/)) {
    const [key = '', value = ''] = part.split('=').map((word) => word.trim().replace(/^"|"$/g, ''));
    if (key.toLowerCase() === name) return value;
  }
  return undefined;
}
