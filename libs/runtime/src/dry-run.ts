import { type Connector, openSource, recordOffsets } from '@sluice/connector-sdk';
import { compileMapping, mappedSchema, type ResolvedMapping } from '@sluice/mapping';
import { type Batch, DEFAULT_BATCH_LIMITS, type DirtyRecord, type RowSchema } from '@sluice/model';
import type { Access, DryRunRow, ErrandRequest } from '@sluice/ports';
import { rowsToJson } from '@sluice/wire';

type DryRunRequest = Extract<ErrandRequest, { kind: 'dry-run' }>;

/** Characters of one value that are shown at most, and of all values of a row together about. */
const SHOWN = 2000;
const ROW_SHOWN = 64 * 1024;

/**
 * Reads the first rows of a source and sends each through the mapper that a run has. Nothing is published and nothing written; the reader is stopped as soon as there are enough.
 */
export async function dryRun(
  connector: Connector,
  request: DryRunRequest,
  access: Access,
  secrets: Readonly<Record<string, string>> = {},
  signal: AbortSignal,
): Promise<DryRunRow[]> {
  const mapping = request.mapping as ResolvedMapping;
  const reader = await openSource(connector, access);
  const enough = new AbortController();
  const stop = AbortSignal.any([signal, enough.signal]);
  try {
    const plan = await reader.plan({ channels: 1 });
    const map = compileMapping(mapping, plan.schema, secrets);
    const target = mappedSchema(mapping, plan.schema);
    const limits = { maxRecords: request.rows, maxBytes: DEFAULT_BATCH_LIMITS.maxBytes };
    const found: DryRunRow[] = [];
    for (const split of plan.splits) {
      for await (const batch of reader.read(split, null, { limits, signal: stop })) {
        const offsets = recordOffsets(plan.schema, batch.rows);
        for (let n = 0; n < batch.recordCount && found.length < request.rows; n++)
          found.push(mapOne(map, batch.rows.subarray(offsets[n], offsets[n + 1]), plan.schema, target));
        for (const dirty of batch.dirty) if (found.length < request.rows) found.push(refused(dirty));
        if (found.length >= request.rows) break;
      }
      if (found.length >= request.rows || signal.aborted) break;
    }
    return found;
  } finally {
    enough.abort();
    await reader.close();
  }
}

/** One row as a batch of its own, so that what becomes of it is what becomes of the batch. */
function mapOne(map: (batch: Batch) => Batch, row: Buffer, source: RowSchema, target: RowSchema): DryRunRow {
  const mapped = map({ ...ALONE, sourceBytes: row.length, rows: row });
  const shown = { source: short(rowsToJson(source, row)[0]) };
  const [dirty] = mapped.dirty;
  if (dirty !== undefined) return { ...refused(dirty), ...shown };
  if (mapped.recordCount === 0) return { outcome: 'filtered', ...shown };
  return { outcome: 'mapped', ...shown, mapped: short(rowsToJson(target, mapped.rows)[0]) };
}

function refused({ code, column, reason, record }: DirtyRecord): DryRunRow {
  return {
    outcome: 'dirty',
    source: record.length > SHOWN ? record.slice(0, SHOWN) : (JSON.parse(record) as unknown),
    code,
    ...(column === undefined ? {} : { column }),
    reason,
  };
}

function short(row: Readonly<Record<string, unknown>> | undefined): Record<string, unknown> {
  const entries = Object.entries(row ?? {});
  const most = Math.min(SHOWN, Math.max(20, Math.floor(ROW_SHOWN / Math.max(1, entries.length))));
  return Object.fromEntries(
    entries.map(([name, value]) => [
      name,
      typeof value === 'string' && value.length > most ? `${value.slice(0, most).toWellFormed()}...` : value,
    ]),
  );
}

const ALONE = {
  kind: 'data',
  task: '',
  generation: '',
  run: '',
  split: 0,
  channel: 0,
  epoch: 0,
  seq: 1,
  position: null,
  recordCount: 1,
  filteredCount: 0,
  dirtyCount: 0,
  dirty: [],
} as const;
