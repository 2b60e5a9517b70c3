import { crc32 } from 'node:zlib';

/** What rows add up to, in any order and in any batches. */
export interface Totals {
  readonly records: number;
  /** Encoded bytes. */
  readonly bytes: number;
  /** Sum of the CRC-32 of the encoded rows, modulo 2^48. */
  readonly checksum: number;
}

export const NOTHING: Totals = { records: 0, bytes: 0, checksum: 0 };

const MODULUS = 2 ** 48;

export function plus(a: Totals, b: Totals): Totals {
  return {
    records: a.records + b.records,
    bytes: a.bytes + b.bytes,
    checksum: (a.checksum + b.checksum) % MODULUS,
  };
}

/** Totals of the rows that end at these offsets. */
export function totalsOf(rows: Buffer, offsets: readonly number[]): Totals {
  let checksum = 0;
  for (let i = 1; i < offsets.length; i++) checksum += crc32(rows.subarray(offsets[i - 1], offsets[i]));
  return { records: offsets.length - 1, bytes: rows.length, checksum: checksum % MODULUS };
}
