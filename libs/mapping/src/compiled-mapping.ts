import { RowBatchBuilder, RowCursor } from '@sluice/connector-sdk';
import { type Batch, type DirtyRecord, type RowSchema, SluiceError } from '@sluice/model';
import { rowsToJson } from '@sluice/wire';
import { type Cast, compileCast } from './cast.ts';
import { keepsBytes } from './cast-type.ts';
import { encodeConstant } from './constant.ts';
import type { ResolvedField } from './resolved-field.ts';
import { copyRows, type Run } from './row-permutation.ts';

/** Bytes of a dirty record's JSON text at most. */
const MAX_RECORD_TEXT = 64 * 1024;

/** One part of an output row: neighbouring source fields as they stand, a constant, or a cast field. */
type Step =
  | ({ readonly kind: 'copy' } & Run)
  | { readonly kind: 'constant'; readonly bytes: Buffer }
  | { readonly kind: 'cast'; readonly column: number; readonly field: ResolvedField; readonly cast: Cast };

/**
 * Compiles a mapping for rows of `source`, in which fields find their columns by name. The function is pure (D-8): the
 * same batch gives the same bytes; identity, position and order stay. Fields without a cast keep their bytes.
 *
 * A record that cannot be cast leaves the rows and becomes a dirty record, SLUICE_MAP_CAST. Its `index` counts the
 * records of the batch as read: rows and records that were dirty before, together in reading order, from 0. The n-th row
 * thus has the n-th number that no earlier dirty record has. Dirty records stay in the order of their index.
 * Throws SLUICE_MAP_IMPOSSIBLE for a cast no value allows or a missing source column; the mapping itself throws
 * SLUICE_BUS_UNDECODABLE for rows that do not match their count.
 */
export function compileMapping(fields: readonly ResolvedField[], source: RowSchema): (batch: Batch) => Batch {
  const steps = joinRuns(fields.map((field) => stepOf(field, source)));
  const runs = steps.filter((step) => step.kind === 'copy');
  if (runs.length < steps.length || readsTwice(runs, source))
    return (batch) => (batch.recordCount === 0 ? batch : mapBatch(steps, source, batch));
  const [only] = runs;
  const identity = runs.length === 1 && only!.first === 0 && only!.last === source.columns.length - 1;
  if (identity) return (batch) => batch;
  return (batch) =>
    batch.recordCount === 0
      ? batch
      : { ...batch, rows: copyRows(runs, source, batch.rows, batch.recordCount) };
}

function stepOf(field: ResolvedField, source: RowSchema): Step {
  if (field.from === undefined) {
    const { kind, precision, scale } = field.column;
    const type = kind === 'decimal' ? { kind, precision: precision ?? 1000, scale: scale ?? 0 } : { kind };
    const encoded = encodeConstant(field.constant ?? null, type);
    if ('reason' in encoded) throw impossible(field, `the constant ${encoded.reason}`);
    return { kind: 'constant', bytes: encoded.bytes };
  }
  const index = source.columns.findIndex((column) => column.name === field.from);
  const column = source.columns[index];
  if (column === undefined) throw impossible(field, `the rows have no column ${field.from}`);
  if (field.cast === undefined || keepsBytes(column, field.cast))
    return { kind: 'copy', first: index, last: index };
  const cast = compileCast(column, field.cast);
  if (cast === undefined) throw impossible(field, `no ${column.kind} is a ${field.cast.kind}`);
  return { kind: 'cast', column: index, field, cast };
}

function impossible(field: ResolvedField, why: string): SluiceError {
  return new SluiceError('SLUICE_MAP_IMPOSSIBLE', {
    detail: `Field ${field.to} cannot be mapped: ${why}.`,
    place: field.pointer,
  });
}

function joinRuns(steps: readonly Step[]): Step[] {
  const joined: Step[] = [];
  for (const step of steps) {
    const before = joined.at(-1);
    if (step.kind === 'copy' && before?.kind === 'copy' && before.last + 1 === step.first)
      joined[joined.length - 1] = { ...before, last: step.last };
    else joined.push(step);
  }
  return joined;
}

function readsTwice(runs: readonly Run[], source: RowSchema): boolean {
  const reads = Array.from({ length: source.columns.length }, () => 0);
  for (const run of runs) for (let column = run.first; column <= run.last; column++) reads[column]!++;
  return reads.some((count) => count > 1);
}

function mapBatch(steps: readonly Step[], source: RowSchema, batch: Batch): Batch {
  const cursor = new RowCursor(source, batch.rows);
  const builder = new RowBatchBuilder(batch.rows.length + 1024);
  const places = new FieldPlaces(source.columns.length);
  const known = new Set(batch.dirty.map((entry) => entry.index));
  const dirty: DirtyRecord[] = [];
  let read = 0;
  for (let row = 0; row < batch.recordCount; row++) {
    if (!cursor.more()) throw miscounted(batch);
    while (known.has(read)) read++;
    places.read(cursor);
    const failed = mapRow(steps, places, cursor, builder);
    if (failed === undefined) builder.endRow();
    else {
      builder.dropRow();
      dirty.push(dirtyRecord(read, failed, source, batch.rows.subarray(places.at[0], cursor.offset)));
    }
    read++;
  }
  if (cursor.more()) throw miscounted(batch);
  return withRows(batch, builder, dirty);
}

function withRows(batch: Batch, builder: RowBatchBuilder, found: readonly DirtyRecord[]): Batch {
  const { rows, recordCount } = builder.take();
  const dirty =
    found.length === 0 ? batch.dirty : [...batch.dirty, ...found].sort((a, b) => a.index - b.index);
  return { ...batch, rows, recordCount, dirty, dirtyCount: dirty.length };
}

interface Failure {
  readonly column: string;
  readonly reason: string;
}

function mapRow(
  steps: readonly Step[],
  places: FieldPlaces,
  cursor: RowCursor,
  builder: RowBatchBuilder,
): Failure | undefined {
  for (const step of steps) {
    if (step.kind === 'copy') builder.raw(cursor.buffer, places.at[step.first]!, places.at[step.last + 1]!);
    else if (step.kind === 'constant') builder.raw(step.bytes, 0, step.bytes.length);
    else {
      places.stand(cursor, step.column);
      if (cursor.isNull) builder.nul();
      else {
        const reason = step.cast(cursor, builder);
        if (typeof reason === 'string')
          return { column: step.field.to, reason: `Column ${step.field.from}: the value ${reason}.` };
      }
    }
  }
  return undefined;
}

/** Where the fields of the row under way are, so that steps can take them in any order. */
class FieldPlaces {
  /** First byte of each field, and the end of the row. */
  readonly at: Int32Array;
  readonly #branch: Uint8Array;
  readonly #start: Int32Array;
  readonly #end: Int32Array;

  constructor(columns: number) {
    this.at = new Int32Array(columns + 1);
    this.#branch = new Uint8Array(columns);
    this.#start = new Int32Array(columns);
    this.#end = new Int32Array(columns);
  }

  read(cursor: RowCursor): void {
    const columns = this.#branch.length;
    for (let column = 0; column < columns; column++) {
      cursor.field();
      this.at[column] = cursor.fieldStart;
      this.#branch[column] = cursor.branch;
      this.#start[column] = cursor.start;
      this.#end[column] = cursor.end;
    }
    this.at[columns] = cursor.offset;
  }

  /** Puts the cursor's getters on a field of the row; its way through the rows is not touched. */
  stand(cursor: RowCursor, column: number): void {
    cursor.branch = this.#branch[column]!;
    cursor.start = this.#start[column]!;
    cursor.end = this.#end[column]!;
  }
}

function dirtyRecord(index: number, failed: Failure, source: RowSchema, row: Buffer): DirtyRecord {
  const record = cutText(JSON.stringify(rowsToJson(source, row)[0]));
  return { index, code: 'SLUICE_MAP_CAST', column: failed.column, reason: failed.reason, record };
}

/** At most 64 KiB of UTF-8, cut between characters. */
function cutText(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= MAX_RECORD_TEXT) return text;
  let end = MAX_RECORD_TEXT;
  while ((bytes[end]! & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}

function miscounted(batch: Batch): SluiceError {
  return new SluiceError(
    'SLUICE_BUS_UNDECODABLE',
    `The rows are not the ${batch.recordCount} that their batch counts.`,
  );
}
