import type { BatchKind, BatchMeta } from '@sluice/model';
import { undecodable } from './byte-reader.ts';

/** What a batch's headers tell without its value being decoded (D-3). */
export type BatchIds = Omit<BatchMeta, 'position' | 'sourceBytes' | 'total'>;

/** The headers of a message as a bus hands them out. */
export type BatchHeaders = Readonly<Record<string, string | undefined>>;

/** Envelope kinds in the order of the enum's symbols in batch.avsc. */
export const BATCH_KINDS: readonly BatchKind[] = ['data', 'schema', 'heartbeat', 'final'];

const MAX_ID_LENGTH = 200;
const INTEGER = /^(?:0|-?[1-9][0-9]{0,15})$/;
const CRC = /^[0-9a-f]{8}$/;

export function writeHeaders(batch: BatchMeta, length: number, crc32: number): Record<string, string> {
  return {
    'sluice-kind': batch.kind,
    'sluice-task': batch.task,
    'sluice-generation': batch.generation,
    'sluice-run': batch.run,
    'sluice-split': String(batch.split),
    'sluice-channel': String(batch.channel),
    'sluice-epoch': String(batch.epoch),
    'sluice-seq': String(batch.seq),
    'sluice-records': String(batch.recordCount),
    'sluice-filtered': String(batch.filteredCount),
    'sluice-dirty': String(batch.dirtyCount),
    'sluice-length': String(length),
    'sluice-crc32': crc32.toString(16).padStart(8, '0'),
  };
}

/**
 * The ids and counts of a batch from its headers alone: what a consumer needs to drop what is not its own. Throws
 * SLUICE_BUS_UNDECODABLE when one is missing or malformed.
 */
export function readMeta(headers: BatchHeaders): BatchIds {
  return {
    kind: readKind(headers),
    task: readId(headers, 'sluice-task'),
    generation: readId(headers, 'sluice-generation'),
    run: readId(headers, 'sluice-run'),
    split: readInteger(headers, 'sluice-split', 0),
    channel: readInteger(headers, 'sluice-channel', 0),
    epoch: readInteger(headers, 'sluice-epoch', 0),
    seq: readInteger(headers, 'sluice-seq', 1),
    recordCount: readInteger(headers, 'sluice-records', 0),
    filteredCount: readInteger(headers, 'sluice-filtered', 0),
    dirtyCount: readInteger(headers, 'sluice-dirty', 0),
  };
}

/** Length (bytes) and checksum of the value as its producer saw it. */
export function readIntegrity(headers: BatchHeaders): { length: number; crc32: number } {
  const length = readInteger(headers, 'sluice-length', 0);
  const crc = headers['sluice-crc32'];
  if (crc === undefined || !CRC.test(crc)) throw malformed('sluice-crc32');
  return { length, crc32: Number.parseInt(crc, 16) };
}

function readKind(headers: BatchHeaders): BatchKind {
  const kind = BATCH_KINDS.find((known) => known === headers['sluice-kind']);
  if (kind === undefined) throw malformed('sluice-kind');
  return kind;
}

function readId(headers: BatchHeaders, name: string): string {
  const value = headers[name];
  if (value === undefined || value === '' || value.length > MAX_ID_LENGTH) throw malformed(name);
  return value;
}

function readInteger(headers: BatchHeaders, name: string, least: number): number {
  const text = headers[name];
  if (text === undefined || !INTEGER.test(text)) throw malformed(name);
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least) throw malformed(name);
  return value;
}

function malformed(name: string): Error {
  return undecodable(`Header ${name} is missing or malformed.`);
}
