import { crc32 } from 'node:zlib';
import type { Batch, DirtyRecord } from '@sluice/model';
import { BATCH_KINDS, type BatchHeaders, type BatchIds, readIntegrity, readMeta } from './batch-headers.ts';
import { ByteReader, undecodable } from './byte-reader.ts';

/** Caps on what a message may claim, checked before anything is decoded. */
export interface DecodeLimits {
  /** Rows, and likewise dirty records, of one batch. */
  readonly maxRecords: number;
  /** Bytes of the value. */
  readonly maxBytes: number;
}

export const DEFAULT_DECODE_LIMITS: DecodeLimits = { maxRecords: 1_000_000, maxBytes: 64 * 1024 * 1024 };

/** Fewest bytes of an encoded dirty record: index, three lengths, one branch. */
const LEAST_DIRTY_BYTES = 5;

/** The schema id of a framed value. Throws SLUICE_BUS_UNDECODABLE when it is not framed. */
export function schemaIdOf(value: Buffer | null): number {
  if (value === null || value.length < 5) throw undecodable('The message is empty or too short.');
  if (value[0] !== 0) throw undecodable(`The message starts with ${value[0]}, not with the magic byte 0.`);
  return value.readUInt32BE(1);
}

/**
 * A batch from its message. `rows` is a view into `value`, which must not change while the batch lives. Length, checksum
 * and caps are checked before anything is decoded; the envelope must agree with the headers. The records must be one
 * block, as `encodeBatch` and every unbuffered Avro encoder writes them; the rows themselves are not walked here: cursor
 * and decodeRows check their bounds. Throws SLUICE_BUS_UNDECODABLE for everything that is not a whole, undamaged batch.
 */
export function decodeBatch(
  headers: BatchHeaders,
  value: Buffer | null,
  limits: DecodeLimits = DEFAULT_DECODE_LIMITS,
): Batch {
  const ids = readMeta(headers);
  const reader = openValue(headers, ids, value, limits);
  const envelope = readEnvelope(reader);
  for (const [name, told] of Object.entries(ids))
    if (envelope[name as keyof BatchIds] !== told)
      throw undecodable(`Header and envelope disagree on ${name}.`);
  const dirty = readDirty(reader, ids.dirtyCount);
  const rows = readRows(reader, ids.recordCount);
  return { ...envelope, dirty, rows };
}

function openValue(
  headers: BatchHeaders,
  ids: BatchIds,
  value: Buffer | null,
  limits: DecodeLimits,
): ByteReader {
  const { length, crc32: sum } = readIntegrity(headers);
  schemaIdOf(value);
  const bytes = value!;
  if (bytes.length !== length) throw undecodable(`The message has ${bytes.length} bytes, not ${length}.`);
  if (length > limits.maxBytes) throw undecodable(`The message has more than ${limits.maxBytes} bytes.`);
  for (const count of [ids.recordCount, ids.dirtyCount, ids.filteredCount])
    if (count > limits.maxRecords)
      throw undecodable(`The batch counts more than ${limits.maxRecords} records.`);
  // A row has at least one field of at least one byte: a count that the bytes cannot hold never starts a loop.
  if (ids.recordCount + ids.dirtyCount * LEAST_DIRTY_BYTES > length)
    throw undecodable('The batch counts more records than its bytes can hold.');
  if (crc32(bytes) !== sum) throw undecodable('The checksum of the message is wrong.');
  return new ByteReader(bytes, 5);
}

function readEnvelope(reader: ByteReader): Omit<Batch, 'rows' | 'dirty'> {
  const head = {
    kind: BATCH_KINDS[reader.index(BATCH_KINDS.length)]!,
    task: reader.string(),
    generation: reader.string(),
    run: reader.string(),
    split: reader.int(),
    channel: reader.int(),
    epoch: reader.long(),
    seq: reader.long(),
    position: reader.optionalString(),
    recordCount: reader.int(),
    filteredCount: reader.int(),
    dirtyCount: reader.int(),
    sourceBytes: reader.long(),
  };
  if (reader.index(2) === 0) return head;
  return { ...head, total: { read: reader.long(), bytes: reader.long() } };
}

function readDirty(reader: ByteReader, count: number): DirtyRecord[] {
  if (reader.long() !== count) throw undecodable('The dirty records are not one block of their count.');
  const dirty: DirtyRecord[] = [];
  if (count === 0) return dirty;
  for (let i = 0; i < count; i++) {
    const index = reader.int();
    const code = reader.string();
    const column = reader.optionalString();
    const rest = { reason: reader.string(), record: reader.string() };
    dirty.push(column === null ? { index, code, ...rest } : { index, code, column, ...rest });
  }
  if (reader.long() !== 0) throw undecodable('The dirty records are not one block of their count.');
  return dirty;
}

function readRows(reader: ByteReader, count: number): Buffer {
  if (reader.long() !== count) throw undecodable('The records are not one block of their count.');
  const { buffer, at } = reader;
  if (count === 0) {
    if (reader.remaining !== 0) throw undecodable('Bytes follow the end of the batch.');
    return buffer.subarray(at, at);
  }
  if (buffer[buffer.length - 1] !== 0 || reader.remaining - 1 < count)
    throw undecodable('The records are not one block of their count.');
  return buffer.subarray(at, buffer.length - 1);
}
