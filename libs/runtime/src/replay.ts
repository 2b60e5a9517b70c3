import {
  appendJsonRow,
  type Connector,
  type KeptDirty,
  recordOffsets,
  type ReplayedRecord,
  type ReplayRows,
  type ReplayWork,
  RowBatchBuilder,
} from '@sluice/connector-sdk';
import { compileMapping, mappedSchema, type ResolvedMapping } from '@sluice/mapping';
import {
  type Batch,
  type Column,
  type DirtyRecord,
  type RowSchema,
  SluiceError,
  type WritePlan,
} from '@sluice/model';
import type { Access, ErrandRequest } from '@sluice/ports';

type ReplayRequest = Extract<ErrandRequest, { kind: 'replay' }>;
type Fault = Omit<DirtyRecord, 'index' | 'record'>;

/** Replays dirty records of one finished run in its target: those of the mapper through the mapping as it is now (D-31). */
export async function replay(
  connector: Connector,
  { plan, source, mapping, keys }: ReplayRequest,
  access: Access,
  secrets: Readonly<Record<string, string>> = {},
): Promise<readonly ReplayedRecord[]> {
  const writer = await connector.openWriter!(access.config, access.parameters);
  try {
    if (writer.replay === undefined)
      throw new SluiceError('SLUICE_CFG_CONNECTOR', `${connector.spec.title} keeps no dirty records.`);
    return await writer.replay(plan, keys, (kept) =>
      workOf(kept, plan, source, mapping as ResolvedMapping | undefined, secrets),
    );
  } finally {
    await writer.close();
  }
}

function workOf(
  kept: readonly KeptDirty[],
  plan: WritePlan,
  source: RowSchema,
  mapping: ResolvedMapping | undefined,
  secrets: Readonly<Record<string, string>>,
): ReplayWork {
  const filtered: KeptDirty[] = [];
  const dirty: { record: KeptDirty; found: Fault }[] = [];
  const refuse = (record: KeptDirty, found: Fault): void => void dirty.push({ record, found });
  const ofMapper = kept.filter(({ code }) => code.startsWith('SLUICE_MAP') && mapping !== undefined);
  const ofTarget = kept.filter(({ code }) => code.startsWith('SLUICE_TGT'));
  for (const record of kept)
    if (!ofMapper.includes(record) && !ofTarget.includes(record)) {
      // The reader could not make a row of it: only the source has what it was.
      const { code, column, reason } = record;
      refuse(record, { code, ...(column === undefined ? {} : { column }), reason });
    }
  const write: ReplayRows[] = [];
  for (const [schema, records] of bySchema(ofTarget, plan.schema, mapping, source))
    write.push({ plan: { ...plan, schema }, ...encode(records, schema, refuse) });
  if (ofMapper.length > 0) write.push(mapped(ofMapper, plan, source, mapping!, secrets, filtered, refuse));
  return { write, filtered, dirty };
}

/** Records that the target refused, by the schema that they were mapped to: the run's, or that of a mapping changed since. */
function bySchema(
  records: readonly KeptDirty[],
  written: RowSchema,
  mapping: ResolvedMapping | undefined,
  source: RowSchema,
): ReadonlyMap<RowSchema, readonly KeptDirty[]> {
  const now = mapping === undefined ? written : { ...mappedSchema(mapping, source), key: written.key };
  const names = ({ columns }: RowSchema): string => JSON.stringify(columns.map(({ name }) => name));
  return Map.groupBy(records, ({ record }) =>
    JSON.stringify(Object.keys(parsed(record) ?? {})) === names(now) ? now : written,
  );
}

/** Rows of the records whose text is a row of the schema, and these records. */
function encode(
  records: readonly KeptDirty[],
  schema: RowSchema,
  refuse: (record: KeptDirty, found: Fault) => void,
): { rows: Buffer; records: readonly KeptDirty[] } {
  const builder = new RowBatchBuilder();
  const good = records.filter((record) => {
    const row = parsed(record.record);
    const misfit =
      row === undefined ? undefined : (unlike(row, schema) ?? appendJsonRow(builder, schema, row));
    if (row !== undefined && misfit === undefined) return true;
    const { code } = record;
    if (misfit === undefined)
      refuse(record, {
        code,
        reason: 'The record is too large to be kept whole; only a run that reads it again can write it.',
      });
    else
      refuse(record, {
        code,
        column: misfit.name,
        reason: `The kept record has no ${misfit.kind} in column ${misfit.name}.`,
      });
    return false;
  });
  return { rows: builder.finish().rows, records: good };
}

/** The first column that only one of the two has: the record was made by another mapping. */
function unlike(row: Readonly<Record<string, unknown>>, schema: RowSchema): Column | undefined {
  const missing = schema.columns.find(({ name }) => !Object.hasOwn(row, name));
  const known = new Set(schema.columns.map(({ name }) => name));
  const more = Object.keys(row).find((name) => !known.has(name));
  return missing ?? (more === undefined ? undefined : { name: more, kind: 'string', nullable: true });
}

/** Records of the mapper through the mapping, one by one: what becomes of each is what would become of it in a batch. */
function mapped(
  records: readonly KeptDirty[],
  plan: WritePlan,
  source: RowSchema,
  mapping: ResolvedMapping,
  secrets: Readonly<Record<string, string>>,
  filtered: KeptDirty[],
  refuse: (record: KeptDirty, found: Fault) => void,
): ReplayRows {
  const schema = mappedSchema(mapping, source);
  const map = compileMapping(mapping, source, secrets);
  const read = encode(records, source, refuse);
  const offsets = recordOffsets(source, read.rows);
  const rows: Buffer[] = [];
  const made: KeptDirty[] = [];
  for (const [at, record] of read.records.entries()) {
    const row = read.rows.subarray(offsets[at], offsets[at + 1]);
    const batch = map({ ...ALONE, rows: row, sourceBytes: row.length });
    const [fault] = batch.dirty;
    if (fault !== undefined) {
      const { code, column, reason } = fault;
      refuse(record, { code, ...(column === undefined ? {} : { column }), reason });
    } else if (batch.recordCount === 0) filtered.push(record);
    else {
      rows.push(batch.rows);
      made.push(record);
    }
  }
  return {
    plan: { ...plan, schema: { ...schema, key: plan.schema.key } },
    rows: Buffer.concat(rows),
    records: made,
  };
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    // It was cut where it was too long.
    return undefined;
  }
}

const ALONE: Batch = {
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
  sourceBytes: 0,
  rows: Buffer.alloc(0),
  dirty: [],
};
