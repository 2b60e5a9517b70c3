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
