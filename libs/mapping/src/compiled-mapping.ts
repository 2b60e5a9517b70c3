import { RowBatchBuilder } from '@sluice/connector-sdk';
import { type Batch, type DirtyRecord, MAX_RECORD_BYTES, type RowSchema, SluiceError } from '@sluice/model';
import { rowsToJson } from '@sluice/wire';
import { scopeColumns } from './expression/column-term.ts';
import type { Scope } from './expression/term.ts';
import { compileSteps, type Failure, type Step } from './mapping-steps.ts';
import type { ResolvedMapping } from './resolved-field.ts';
import { type Gate, filterGate, transformerGate } from './row-gates.ts';
import { copyRows, type Run, RowSpans } from './row-permutation.ts';
import { SourceRow } from './source-row.ts';
import { transformed } from './transformers/transformed-schema.ts';

/** Bytes of a dirty record's JSON text at most. */
const MAX_RECORD_TEXT = 64 * 1024;
/** Bytes of mapped rows at most: a batch is one message, and mapping never splits it. */
const MAX_MAPPED_BYTES = MAX_RECORD_BYTES + 512 * 1024;

/** Where mapped rows go. */
interface Sink {
  add(row: SourceRow): Failure | undefined;
  take(): { rows: Buffer; recordCount: number };
}

/**
 * Compiles a mapping for rows of `source`, in which fields find their columns by name. The function is pure (D-8): the
 * same batch gives the same bytes; identity, position and order stay. Fields without a cast keep their bytes.
 *
 * A record that cannot be mapped leaves the rows and becomes a dirty record. Its `index` counts the records of the batch as read: rows
 * and records that were dirty before, together in reading order, from 0. The n-th row of the batch thus has the n-th number that no
 * earlier dirty record has. Dirty records stay in the order of their index. Records that the filter or a transformer drops are counted
 * in `filteredCount`.
 *
 * @param secrets values of the workspace's secrets that the mapping names
 * Throws SLUICE_MAP_IMPOSSIBLE, SLUICE_MAP_EXPRESSION or SLUICE_MAP_TRANSFORMER for a mapping that does not fit the rows; the
 * mapping itself throws SLUICE_BUS_UNDECODABLE for rows that do not match their count.
 */
export function compileMapping(
  mapping: ResolvedMapping,
  source: RowSchema,
  secrets: Readonly<Record<string, string>> = {},
): (batch: Batch) => Batch {
  const replaced = new Set<number>();
  const scope = (): Scope => ({
    columns: scopeColumns(source, replaced),
    parameters: mapping.parameters ?? {},
    run: mapping.run ?? { id: '', startedAt: 0 },
    secret: (name) => (Object.hasOwn(secrets, name) ? secrets[name] : undefined),
  });
  const gates: Gate[] = mapping.filter === undefined ? [] : [filterGate(mapping.filter, scope())];
  for (const transformer of mapping.transformers ?? [])
    gates.push(transformerGate(transformer, source, replaced));
  const steps = compileSteps(mapping.fields, transformed(source, replaced), replaced, scope());
  const runs = steps.filter((step) => step.kind === 'copy');
  const isCopy = runs.length === steps.length;
  const isIdentity =
    isCopy && runs.length === 1 && runs[0]!.first === 0 && runs[0]!.last === source.columns.length - 1;
  if (gates.length === 0 && isIdentity) return (batch) => batch;
  if (gates.length === 0 && isCopy && !readsTwice(runs, source))
    return (batch) =>
      batch.recordCount === 0
        ? batch
        : { ...batch, rows: copyRows(runs, source, batch.rows, batch.recordCount) };
  const growth: Growth = { factor: 1 };
  const sink = isIdentity
    ? (batch: Batch) => new RowSpans(batch.rows)
    : (batch: Batch) => new MadeRows(steps, batch, growth);
  return (batch) => (batch.recordCount === 0 ? batch : mapBatch(gates, sink(batch), source, batch));
}

function readsTwice(runs: readonly Run[], source: RowSchema): boolean {
  const reads = Array.from({ length: source.columns.length }, () => 0);
  for (const run of runs) for (let column = run.first; column <= run.last; column++) reads[column]!++;
  return reads.some((count) => count > 1);
}

function mapBatch(gates: readonly Gate[], sink: Sink, source: RowSchema, batch: Batch): Batch {
  const row = new SourceRow(source, batch.rows);
  const known = new Set(batch.dirty.map((entry) => entry.index));
  const found: DirtyRecord[] = [];
  let filtered = 0;
  let read = 0;
  for (let n = 0; n < batch.recordCount; n++) {
    if (!row.more()) throw miscounted(batch);
    while (known.has(read)) read++;
    row.read();
    const passed = pass(gates, row);
    const failed = passed === true ? sink.add(row) : passed;
    if (failed === false) filtered++;
    else if (failed !== undefined) found.push(dirtyRecord(read, failed, source, row.bytes()));
    read++;
  }
  if (row.more()) throw miscounted(batch);
  const dirty =
    found.length === 0 ? batch.dirty : [...batch.dirty, ...found].sort((a, b) => a.index - b.index);
  const filteredCount = batch.filteredCount + filtered;
  return { ...batch, ...sink.take(), filteredCount, dirty, dirtyCount: dirty.length };
}

function pass(gates: readonly Gate[], row: SourceRow): boolean | Failure {
  for (const gate of gates) {
    const passed = gate(row);
    if (passed !== true) return passed;
  }
  return true;
}

/** How much larger mapped rows were than those they were made of; only a guess at the memory that the next ones need. */
interface Growth {
  factor: number;
}

/** Rows that steps make, field by field. */
class MadeRows implements Sink {
  readonly #steps: readonly Step[];
  readonly #builder: RowBatchBuilder;
  readonly #read: number;
  readonly #growth: Growth;

  constructor(steps: readonly Step[], batch: Batch, growth: Growth) {
    this.#steps = steps;
    this.#read = batch.rows.length;
    this.#growth = growth;
    this.#builder = new RowBatchBuilder(Math.ceil(this.#read * growth.factor) + 1024);
  }

  add(row: SourceRow): Failure | undefined {
    const builder = this.#builder;
    for (const step of this.#steps) {
      if (step.kind === 'copy') builder.raw(row.buffer, row.at[step.first]!, row.at[step.last + 1]!);
      else {
        const failed = step.append(row, builder);
        if (failed !== undefined) {
          builder.dropRow();
          return failed;
        }
      }
    }
    if (builder.byteLength + builder.rowBytes > MAX_MAPPED_BYTES) {
      builder.dropRow();
      return {
        code: 'SLUICE_MAP_TOO_LARGE',
        reason: `The mapped records of the batch have more than ${MAX_MAPPED_BYTES} bytes.`,
      };
    }
    builder.endRow();
    return undefined;
  }

  take(): { rows: Buffer; recordCount: number } {
    this.#growth.factor = Math.min(2, Math.max(1, this.#builder.byteLength / this.#read));
    return this.#builder.finish();
  }
}

function dirtyRecord(index: number, failed: Failure, source: RowSchema, row: Buffer): DirtyRecord {
  const { code, column, reason } = failed;
  const record = cutText(JSON.stringify(rowsToJson(source, row)[0]));
  return { index, code, ...(column === undefined ? {} : { column }), reason, record };
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
