import { createHash } from 'node:crypto';
import { crashPoint } from '@sluice/connector-sdk';
import { mappedSchema, needsMapStage, readColumns } from '@sluice/mapping';
import {
  type ConnectorSpec,
  DEFAULT_CONTROL,
  KEYED_MODES,
  nextEpoch,
  type ReadPlan,
  type RowSchema,
  SluiceError,
  type TaskDocument,
  type WriteMode,
  type WritePlan,
  ZERO_COUNTS,
} from '@sluice/model';
import type { ErrandSource, RunPlan, RunRow, Versioned } from '@sluice/ports';
import { batchAvroSchema } from '@sluice/wire';
import type { ErrandOptions, Errands } from '../control.ts';
import { change, insertOnce, log, newId, type RunsContext, topicsOf } from './context.ts';
import { dataSource } from './data-source.ts';
import { groupsOf } from './groups.ts';
import { mappingOf } from './mapping.ts';
import { readerSources } from './reader-sources.ts';
import { splitId } from './splits.ts';

const DESCRIBE_MS = 15_000;
/** Sampling the boundaries of a large table may take a while. */
const PLAN_MS = 120_000;

/** The two ends of a task as workers found them. */
export interface Ends {
  readonly source: RowSchema;
  readonly target: RowSchema | undefined;
  readonly projects: boolean;
  readonly writeModes: readonly WriteMode[];
}

/** Looks at both ends of a task through errands. Throws SLUICE_SRC_TABLE when there is nothing to read. */
export async function describeEnds(
  context: RunsContext,
  errands: Errands,
  workspace: string,
  document: TaskDocument,
  waits: Pick<ErrandOptions, 'timeoutMs' | 'patienceMs'> = { timeoutMs: DESCRIBE_MS },
): Promise<Ends> {
  const { store } = context;
  const reader = await dataSource(store, workspace, document.reader.dataSource);
  const writer = await dataSource(store, workspace, document.writer.dataSource);
  const groups = await groupsOf(context, workspace, document);
  const sources = await readerSources(store, workspace, document.reader);
  const describe = (
    end: { id: string },
    parameters: Readonly<Record<string, unknown>>,
    side: 'source' | 'target',
    sources?: readonly ErrandSource[],
  ) =>
    errands.ask<RowSchema | null>(
      {
        kind: 'describe',
        dataSource: end.id,
        parameters,
        side,
        ...(sources === undefined ? {} : { sources }),
      },
      side === 'source'
        ? { stage: 'read', group: groups.read, ...waits }
        : { stage: 'write', group: groups.write, ...waits },
    );
  const [source, target] = await Promise.all([
    describe(reader, document.reader.parameters, 'source', sources),
    describe(writer, document.writer.parameters, 'target'),
  ]);
  if (source === null)
    throw new SluiceError(
      'SLUICE_SRC_TABLE',
      `No table ${String(document.reader.parameters['table'] ?? document.reader.parameters['tables'])} in ${reader.name}.`,
    );
  if (target === null && document.write?.createTable === false)
    throw new SluiceError(
      'SLUICE_TGT_TABLE',
      `No table ${String(document.writer.parameters['table'])} in ${writer.name}.`,
    );
  const specOf = context.specOf ?? registered;
  const { projects } = (await specOf(reader.connector)).capabilities;
  const { writeModes } = (await specOf(writer.connector)).capabilities;
  return { source, target: target ?? undefined, projects, writeModes };
}

/** Connectors are loaded when one is asked for: their drivers are heavy. */
async function registered(connector: string): Promise<ConnectorSpec> {
  const { loadConnector } = await import('@sluice/connectors');
  return (await loadConnector(connector)).spec;
}

/** Plans a run once: splits, schemas, streams with their first epochs. Stored by compare-and-set: the first plan counts. */
export async function planRun(
  context: RunsContext,
  errands: Errands,
  run: Versioned<RunRow>,
  readers: readonly string[],
): Promise<void> {
  const { document } = run;
  const groups = await groupsOf(context, run.workspace, document);
  const ends = await describeEnds(context, errands, run.workspace, document);
  const { mapping, notes } = await mappingOf(context, run, ends);
  const mapped = needsMapStage(mapping, document, ends.projects);
  const columns = mapped ? undefined : readColumns(mapping.fields);
  const channels = document.control?.channels ?? DEFAULT_CONTROL.channels;
  const reader = await dataSource(context.store, run.workspace, document.reader.dataSource);
  const sources = await readerSources(context.store, run.workspace, document.reader);
  const read = await errands.ask<ReadPlan>(
    {
      kind: 'plan',
      dataSource: reader.id,
      parameters: document.reader.parameters,
      ...(sources === undefined ? {} : { sources }),
      channels,
      ...(columns === undefined ? {} : { columns }),
    },
    { stage: 'read', group: groups.read, timeoutMs: PLAN_MS },
  );
  const schema = mapped ? mappedSchema(mapping, read.schema, ends.target) : read.schema;
  const generation = newId(context, run.generation);
  const write = writePlan(context, { ...run, generation }, read, schema, ends, channels);
  const topics = topicsOf(run.workspace, run.parent);
  const register = (topic: string, rows: RowSchema) =>
    context.store.schemas.register(`${topic}-value`, JSON.stringify(batchAvroSchema(rows)));
  const readSchemaId = (await register(topics.read, read.schema)).id;
  const plan: RunPlan = {
    generation,
    channels,
    readers,
    groups,
    read,
    ...(columns === undefined ? {} : { columns }),
    write,
    mapped,
    readSchemaId,
    mappedSchemaId: mapped ? (await register(topics.mapped, schema)).id : readSchemaId,
    ...(ends.target === undefined ? {} : { target: ends.target }),
    ...(mapped ? { mapping } : {}),
  };
  await change(context.store.runs, run.id, (row) =>
    row.plan === undefined ? { ...row, generation, plan } : undefined,
  );
  crashPoint('coord.afterPlan');
  for (const place of ['preSql', 'postSql'] as const)
    for (const [index, text] of (document.write?.[place] ?? []).entries())
      await log(context, run.id, 'info', statementNote(place, index, text), { stage: 'write' });
  for (const note of read.notes) await log(context, run.id, 'info', note, { stage: 'read' });
  for (const note of notes) await log(context, run.id, 'warn', note, { stage: 'map' });
}

/** For the audit (S-40): which statements a run takes to its target, by their hashes; their texts are in the run's document. */
function statementNote(place: string, index: number, text: string): string {
  const hash = createHash('sha256').update(text).digest('hex');
  return `${place}/${index} will be run once in the target: ${text.trim().split(/\s/, 1)[0]!.toLowerCase()}, sha256 ${hash}.`;
}

/** Rows of the splits, as the stored plan says; inserted where they are absent. */
export async function storeSplits(context: RunsContext, run: RunRow): Promise<void> {
  const { read, write } = run.plan!;
  for (const split of read.splits) {
    const stream = write.streams.find((candidate) => candidate.split === split.ordinal)!;
    const id = splitId(run.generation, split.ordinal);
    if ((await context.store.splits.get(id)) !== undefined) continue;
    await insertOnce(context.store.splits, {
      id,
      parent: run.generation,
      ordinal: split.ordinal,
      channel: stream.channel,
      split,
      state: 'open',
      readerEpoch: stream.readerEpoch,
      seq: 0,
      position: null,
      counts: ZERO_COUNTS,
    });
  }
}

/** The schema that rows are written with: the key is the target's, else the source's, where all of its columns are written. */
export function keyedSchema(
  schema: RowSchema,
  target: RowSchema | undefined,
  wanted?: readonly string[],
): { readonly isKeyed: boolean; readonly schema: RowSchema } {
  const key = wanted ?? target?.key ?? schema.key;
  const names = new Set(schema.columns.map((column) => column.name));
  const isKeyed = key.length > 0 && key.every((name) => names.has(name));
  return { isKeyed, schema: { ...schema, key: isKeyed ? key : [] } };
}

function writePlan(
  context: RunsContext,
  run: RunRow,
  read: ReadPlan,
  schema: RowSchema,
  { target, writeModes }: Ends,
  channels: number,
): WritePlan {
  const wanted = run.document.write;
  const { transactionRecords: records, transactionBytes: bytes } = wanted ?? {};
  const { isKeyed: keyed, schema: keptSchema } = keyedSchema(schema, target, wanted?.key);
  const mode: WriteMode = wanted?.mode ?? (keyed && writeModes.includes('upsert') ? 'upsert' : 'insert');
  if (!writeModes.includes(mode))
    throw new SluiceError('SLUICE_CFG_INVALID', {
      detail: `The target cannot be written in mode ${mode}; it can in ${writeModes.join(', ')}.`,
      place: '/write/mode',
    });
  if (KEYED_MODES.has(mode) && !keyed)
    throw new SluiceError('SLUICE_TGT_KEY', {
      detail: `Mode ${mode} needs a unique key whose columns are all mapped.`,
      ...(wanted?.key === undefined ? {} : { place: '/write/key' }),
    });
  if (mode === 'overwrite' && wanted?.truncateFirst === true)
    throw new SluiceError('SLUICE_CFG_INVALID', {
      detail:
        'A table that is overwritten keeps its rows until the new ones are in: it is not emptied first.',
      place: '/write/truncateFirst',
    });
  return {
    task: run.parent,
    generation: run.generation,
    run: run.id,
    mode,
    truncateFirst: wanted?.truncateFirst ?? false,
    ...(run.repeats === undefined ? {} : { repeats: run.repeats }),
    createTable: wanted?.createTable ?? true,
    ...(records === undefined && bytes === undefined
      ? {}
      : {
          transaction: {
            ...(records === undefined ? {} : { records }),
            ...(bytes === undefined ? {} : { bytes }),
          },
        }),
    ...(wanted?.preSql === undefined ? {} : { preSql: wanted.preSql }),
    ...(wanted?.postSql === undefined ? {} : { postSql: wanted.postSql }),
    schema: keptSchema,
    streams: read.splits.map((split) => ({
      split: split.ordinal,
      channel: split.ordinal % channels,
      readerEpoch: nextEpoch(0, context.clock.random()),
      writerEpoch: nextEpoch(0, context.clock.random()),
    })),
    dirtyLimit: run.document.control?.dirtyLimit ?? DEFAULT_CONTROL.dirtyLimit,
  };
}
