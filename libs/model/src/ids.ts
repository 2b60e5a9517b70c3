import { randomBytes } from 'node:crypto';

/** A UUIDv7 (RFC 9562): 48 bits of milliseconds, then random; sorts by time of creation. */
export function uuidv7(now: number = Date.now(), random: Buffer = randomBytes(10)): string {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(now, 0, 6);
  random.copy(bytes, 6, 0, 10);
  bytes[6] = (bytes[6]! & 0x0f) | 0x70;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** The least UUIDv7 of a millisecond: all that are made from then on sort behind it. Times beyond 48 bits are the last one. */
export function firstUuidv7(time: number): string {
  return uuidv7(Math.min(Math.max(0, Math.floor(time)), 2 ** 48 - 1), Buffer.alloc(10));
}

/** Bits of an epoch that are random (D-1a): a restored store cannot issue the same epoch twice. */
const EPOCH_RANDOM = 2 ** 20;

/** The largest epoch: a row that carries it accepts no writer any more (cancelled, or an old generation). */
export const EPOCH_FENCED = Number.MAX_SAFE_INTEGER;

/**
 * The next epoch above `above` (D-1a): the counter part one higher, the low 20 bits random.
 * Safe integers: 2^33 epochs a stream.
 */
export function nextEpoch(above: number, random: number = Math.random()): number {
  return (Math.floor(above / EPOCH_RANDOM) + 1) * EPOCH_RANDOM + Math.floor(random * EPOCH_RANDOM);
}
