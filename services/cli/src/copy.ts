import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { connectorForUrl, endParameters, loadConnector, type ParsedEnd } from '@sluice/connectors';
import { permitFileRoot } from '@sluice/file-kit';
import {
  RESTING_STATES,
  SluiceError,
  type TaskDocument,
  uuidv7,
  WRITE_MODES,
  type WriteMode,
} from '@sluice/model';
import type { RunRow } from '@sluice/ports';
import { type Engine, startEngine } from '@sluice/standalone';
import { exitCode } from './exit-codes.ts';
import { home } from './home.ts';
import { type Output, printData } from './output.ts';
import { clearProgress, follow } from './progress-line.ts';
import { reportOf, reportText, runError } from './report.ts';

export interface CopyOptions {
  readonly channels: number;
  readonly write?: string;
  readonly truncate?: boolean;
  readonly where?: string;
  readonly dirtyLimit: number;
  readonly rowsPerSecond?: number;
  readonly mapStage?: boolean;
  readonly resume?: boolean;
  readonly fresh?: boolean;
  readonly timeout?: number;
  readonly output: Output;
}

/** `sluice copy`: one table, on an engine of its own; a running server is not touched. */
export async function copy(source: string, target: string, options: CopyOptions): Promise<void> {
  const from = connectorForUrl(source);
  const named = connectorForUrl(target);
  const table = named.path === undefined ? (named.table ?? tableOf(from)) : undefined;
  if (from.table === undefined && from.path === undefined)
    throw new SluiceError('SLUICE_CFG_URL', 'The source names no table: append #table.');
  const to: ParsedEnd = { ...named, ...(table === undefined ? {} : { table }) };
  if (options.write !== undefined && !(WRITE_MODES as readonly string[]).includes(options.write))
    throw new SluiceError(
      'SLUICE_CFG_INVALID',
      `--write is ${WRITE_MODES.join(', ')}, not ${options.write}.`,
    );
  const name = nameOf(from, to);
  const wanted = await document(from, to, options);
  // The files of one's own command on one's own machine.
  for (const { path, config } of [from, to]) if (path !== undefined) permitFileRoot(String(config['root']));
  const engine = await startEngine(join(home(), 'copy', name), { autoResume: options.resume === true });
  // The state stays: the same command with --resume goes on there.
  const end = (outcome: 'interrupted' | 'timeout'): void => {
    clearProgress();
    void engine.stop().finally(() => process.exit(exitCode(outcome)));
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => end('interrupted'));
  const late =
    options.timeout === undefined ? undefined : setTimeout(() => end('timeout'), options.timeout * 1000);
  try {
    const run = await follow(engine, await begin(engine, name, wanted, from, to, options));
    if (run.state !== 'succeeded') {
      const ends = { SRC: addressOf(from), TGT: addressOf(to) };
      throw runError(
        run,
        (code) => ends[code.slice('SLUICE_'.length, 10) as 'SRC' | 'TGT'] ?? `run ${run.id}`,
      );
    }
    const report = await reportOf(engine, run);
    if (options.output === 'table') process.stdout.write(reportText(report));
    else printData(report, options.output);
  } finally {
    clearTimeout(late);
    await engine.stop();
  }
}

/** Starts the copy, or goes on with an unfinished one: never silently twice. */
async function begin(
  engine: Engine,
  name: string,
  wanted: TaskDocument,
  from: ParsedEnd,
  to: ParsedEnd,
  options: CopyOptions,
): Promise<string> {
  const { store, sources, runs, workspace } = engine;
  await keep(engine, 'source', from);
  await keep(engine, 'target', to);
  const [known] = (await store.tasks.list({ workspace, name, limit: 1 })).items;
  const last =
    known === undefined
      ? undefined
      : (await store.runs.list({ parent: known.id, descending: true, limit: 1 })).items[0];
  // One that failed before it was planned, or because of files that it must not touch, has touched nothing: a wrong password
  // is corrected and that is all.
  const isDone =
    last?.state === 'failed' && (last.plan === undefined || last.error?.code === 'SLUICE_TGT_EXISTS');
  const unfinished = last !== undefined && !isDone && !['succeeded', 'cancelled'].includes(last.state);
  if (unfinished && options.resume !== true && options.fresh !== true)
    throw new SluiceError(
      'SLUICE_RUN_UNFINISHED',
      `Run ${last.id} of this copy is ${last.state}${seen(last)}.`,
    );
  if (unfinished && options.resume === true) {
    if (RESTING_STATES.has(last.state)) await runs.control.resume(last.id, 'cli');
    return last.id;
  }
  if (unfinished) await giveUp(engine, last);
  void sources;
  const now = Date.now();
  if (known === undefined)
    await store.tasks.insert({
      id: uuidv7(),
      workspace,
      name,
      document: wanted,
      createdAt: now,
      updatedAt: now,
    });
  else await store.tasks.update({ ...known, document: wanted, updatedAt: now }, known.version);
  const [task] = (await store.tasks.list({ workspace, name, limit: 1 })).items;
  return (
    await runs.control.start({ workspace, task: task!.id, trigger: 'manual', actor: 'cli', fresh: true })
  ).id;
}

const seen = (run: RunRow): string => (run.counts === undefined ? '' : ` after ${run.counts.written} rows`);

/** The connection, by a name of its own in this copy's store; the password may have changed since. */
async function keep(engine: Engine, name: string, end: ParsedEnd): Promise<void> {
  const [known] = (await engine.store.dataSources.list({ workspace: engine.workspace, name, limit: 1 }))
    .items;
  if (known === undefined) await engine.sources.create(engine.workspace, name, end.connector, end.config);
  else await engine.store.dataSources.update(await engine.sources.changed(known, end.config), known.version);
}

/** Fences the old run before a new one begins, so that no process of it can write any more. */
async function giveUp(engine: Engine, run: RunRow): Promise<void> {
  await engine.runs.control.cancel(run.id, 'cli');
  for (;;) {
    const row = await engine.store.runs.get(run.id);
    if (row === undefined || row.state === 'cancelled') return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The table that a source's rows go into when the target names none. */
function tableOf({ table, path }: ParsedEnd): string | undefined {
  if (path === undefined) return table?.split('.').at(-1);
  const name = path
    .split('/')
    .findLast((step) => step !== '')!
    .replace(/\..*$/, '');
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return name;
  throw new SluiceError(
    'SLUICE_CFG_URL',
    'The target names no table, and the files do not say how to call it: append #table.',
  );
}

async function document(from: ParsedEnd, to: ParsedEnd, options: CopyOptions): Promise<TaskDocument> {
  const [reader, writer] = await Promise.all([loadConnector(from.connector), loadConnector(to.connector)]);
  if (options.where !== undefined && reader.spec.reader?.properties['where'] === undefined)
    throw new SluiceError(
      'SLUICE_CFG_USAGE',
      `${reader.spec.title} are read without a condition: leave --where out.`,
    );
  return {
    mode: 'full',
    reader: {
      dataSource: 'source',
      parameters: {
        ...endParameters(from, reader.spec, 'reader'),
        ...(options.where === undefined ? {} : { where: options.where }),
      },
    },
    writer: { dataSource: 'target', parameters: endParameters(to, writer.spec, 'writer') },
    ...(options.mapStage === true ? { mapStage: true } : {}),
    write: {
      ...(options.write === undefined ? {} : { mode: options.write as WriteMode }),
      truncateFirst: options.truncate === true,
    },
    control: {
      channels: options.channels,
      dirtyLimit: options.dirtyLimit,
      ...(options.rowsPerSecond === undefined ? {} : { rowsPerSecond: options.rowsPerSecond }),
    },
  };
}

/** An end for people: without user and password. */
function addressOf({ connector, config, table, path: file }: ParsedEnd): string {
  if (file !== undefined) return `${connector}:${join(String(config['root']), file)}`;
  const { path, host, port, database } = config as Record<string, string | number | undefined>;
  const server = host === undefined ? '' : `//${host}${port === undefined ? '' : `:${port}`}/${database}`;
  const at = path ?? server;
  return `${connector}:${at}#${table}`;
}

/** The same copy has the same name: both ends without their passwords. */
function nameOf(from: ParsedEnd, to: ParsedEnd): string {
  const plain = ({ connector, config, table, path, options }: ParsedEnd): unknown => [
    connector,
    { ...config, password: undefined },
    table,
    ...(path === undefined ? [] : [path, options]),
  ];
  return createHash('sha256')
    .update(JSON.stringify([plain(from), plain(to)]))
    .digest('hex')
    .slice(0, 16);
}
