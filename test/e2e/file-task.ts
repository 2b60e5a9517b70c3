import { randomBytes } from 'node:crypto';
import { connector as postgres } from '@sluice/connector-postgres';
import { connectorForUrl } from '@sluice/connectors';
import { type TaskDocument, uuidv7 } from '@sluice/model';
import type { RunRow } from '@sluice/ports';
import type { Engine } from '@sluice/standalone';
import { type Place, rested } from './pairs.ts';

/** One end of a task: a connector with the settings of its data source and the parameters of reader or writer. */
export interface TaskEnd {
  readonly connector: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly parameters: Readonly<Record<string, unknown>>;
}

export function tableEnd(at: Place, table: string): TaskEnd {
  const { connector, config } = connectorForUrl(at.url);
  return { connector, config, parameters: { table } };
}

export function fileEnd(
  connector: 'csv' | 'jsonl' | 'parquet',
  root: string,
  path: string,
  more: Readonly<Record<string, unknown>> = {},
): TaskEnd {
  return { connector, config: { root }, parameters: { path, ...more } };
}

/** Runs a task on an engine until it rests. */
export async function runTask(
  engine: Engine,
  from: TaskEnd,
  to: TaskEnd,
  document: Partial<TaskDocument> = {},
): Promise<RunRow> {
  const name = randomBytes(4).toString('hex');
  const source = await engine.sources.create(engine.workspace, `${name}-from`, from.connector, from.config);
  const target = await engine.sources.create(engine.workspace, `${name}-to`, to.connector, to.config);
  const task = await engine.store.tasks.insert({
    id: uuidv7(),
    workspace: engine.workspace,
    name,
    document: {
      mode: 'full',
      reader: { dataSource: source.id, parameters: from.parameters },
      writer: { dataSource: target.id, parameters: to.parameters },
      ...document,
    },
    createdAt: 1,
    updatedAt: 1,
  });
  const { workspace } = engine;
  const { id } = await engine.runs.control.start({
    workspace,
    task: task.id,
    trigger: 'test',
    actor: 'test',
  });
  return rested(engine, id);
}

/** The types of a table's columns as a reader of text files takes them. */
export async function typesOfTable(at: Place, table: string): Promise<Record<string, string>> {
  const { config } = connectorForUrl(at.url);
  const schema = await postgres.describe(config, { table }, 'source');
  return Object.fromEntries(
    schema!.columns.map(({ name, kind, precision, scale }) => [
      name,
      kind === 'decimal' ? `decimal(${precision},${scale})` : kind,
    ]),
  );
}
