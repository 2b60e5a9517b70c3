import { crc32 } from 'node:zlib';
import { type Batch, type DirtyRecord, SluiceError } from '@sluice/model';
import { BATCH_KINDS, writeHeaders } from './batch-headers.ts';
import { ByteWriter } from './byte-writer.ts';

/** Magic byte and schema id. */
const FRAME = 5;
/** The longest varint. */
const NUMBER = 10;
/** Numbers of the envelope, lengths of its strings and union branches included, and some to spare. */
const FIXED = FRAME + 32 * NUMBER;

/**
 * A batch as a bus message: the value in the Confluent wire format (0x00, schema id big-endian, Avro), the ids, counts,
 * length and checksum as headers (D-3). The rows are copied once. Equal batches give equal bytes.
 *
 * The checksum is CRC-32 (IEEE), not CRC-32C: Node has it natively (node:zlib), CRC-32C it would compute in JavaScript on
 * the hot path. Both find every burst of up to 32 bits and miss any other damage with the same chance of 2^-32; Kafka's
 * own CRC-32C already covers the way through the broker.
 *
 * @param traceparent W3C trace context of the batch's span, handed on as a header
 * Throws SLUICE_SYS_BUG when counts and contents disagree: such a batch must never reach a bus.
 */
export function encodeBatch(
  batch: Batch,
  schemaId: number,
  traceparent?: string,
): { headers: Record<string, string>; value: Buffer } {
  check(batch);
  const writer = new ByteWriter(capacity(batch));
  writer.buffer[0] = 0;
  writer.at = writer.buffer.writeUInt32BE(schemaId, 1);
  writeEnvelope(writer, batch);
  writeDirty(writer, batch.dirty);
  writer.long(batch.recordCount);
  if (batch.recordCount > 0) {
    writer.bytes(batch.rows);
    writer.long(0);
  }
  const value = writer.buffer.subarray(0, writer.at);
  const headers = writeHeaders(batch, value.length, crc32(value));
  if (traceparent !== undefined) headers['traceparent'] = traceparent;
  return { headers, value };
}

function check(batch: Batch): void {
  if (batch.dirty.length !== batch.dirtyCount)
    throw bug(`it carries ${batch.dirty.length} dirty records and counts ${batch.dirtyCount}`);
  if (batch.recordCount > batch.rows.length || (batch.recordCount === 0 && batch.rows.length > 0))
    throw bug(`it counts ${batch.recordCount} records in ${batch.rows.length} bytes`);
  for (const name of ['split', 'channel', 'epoch', 'seq', 'filteredCount', 'sourceBytes'] as const)
    if (!Number.isSafeInteger(batch[name]) || batch[name] < 0) throw bug(`its ${name} is ${batch[name]}`);
}

function capacity(batch: Batch): number {
  let size = FIXED + batch.rows.length;
  for (const text of [batch.task, batch.generation, batch.run, batch.position ?? ''])
    size += Buffer.byteLength(text);
  for (const entry of batch.dirty) {
    size += 6 * NUMBER + Buffer.byteLength(entry.code) + Buffer.byteLength(entry.column ?? '');
    size += Buffer.byteLength(entry.reason) + Buffer.byteLength(entry.record);
  }
  return size;
}

function writeEnvelope(writer: ByteWriter, batch: Batch): void {
  writer.long(BATCH_KINDS.indexOf(batch.kind));
  writer.string(batch.task);
  writer.string(batch.generation);
  writer.string(batch.run);
  writer.long(batch.split);
  writer.long(batch.channel);
  writer.long(batch.epoch);
  writer.long(batch.seq);
  writer.optionalString(batch.position);
  writer.long(batch.recordCount);
  writer.long(batch.filteredCount);
  writer.long(batch.dirtyCount);
  writer.long(batch.sourceBytes);
  if (batch.total === undefined) return writer.long(0);
  writer.long(1);
  writer.long(batch.total.read);
  writer.long(batch.total.bytes);
}

function writeDirty(writer: ByteWriter, dirty: readonly DirtyRecord[]): void {
  writer.long(dirty.length);
  if (dirty.length === 0) return;
  for (const entry of dirty) {
    writer.long(entry.index);
    writer.string(entry.code);
    writer.optionalString(entry.column);
    writer.string(entry.reason);
    writer.string(entry.record);
  }
  writer.long(0);
}

function bug(what: string): SluiceError {
  return new SluiceError('SLUICE_SYS_BUG', `A batch is not sent: ${what}.`);
}
