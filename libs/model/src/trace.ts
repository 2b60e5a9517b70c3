import { randomBytes } from 'node:crypto';

/** Trace and span of a W3C trace context (level 1): 32 and 16 hex digits. */
export interface TraceContext {
  readonly traceId: string;
  readonly spanId: string;
}

const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}/;

/** What a `traceparent` header says; undefined for one that is not valid: the sender's mistake is no reason to fail. */
export function parseTraceparent(header: unknown): TraceContext | undefined {
  const [, traceId = '', spanId = ''] = TRACEPARENT.exec(String(header ?? '')) ?? [];
  if (/^0*$/.test(traceId) || /^0*$/.test(spanId) || String(header).startsWith('ff')) return undefined;
  return { traceId, spanId };
}

/** As a header, sampled. */
export function traceparentOf({ traceId, spanId }: TraceContext): string {
  return `00-${traceId}-${spanId}-01`;
}

export function newTraceId(random: Buffer = randomBytes(16)): string {
  return random.toString('hex');
}

/** A span id for something that has a name within its trace: the same name gives the same id, so that what is repeated is the same span. */
export function spanIdOf(name: string): string {
  let [high, low] = [0x811c9dc5, 0x01000193];
  for (let at = 0; at < name.length; at++) {
    const code = name.charCodeAt(at);
    high = Math.imul(high ^ code, 0x01000193);
    low = Math.imul(low ^ code, 0x85ebca6b) ^ (high >>> 13);
  }
  // All zeros is no span id.
  return (high >>> 0 || 1).toString(16).padStart(8, '0') + (low >>> 0).toString(16).padStart(8, '0');
}
