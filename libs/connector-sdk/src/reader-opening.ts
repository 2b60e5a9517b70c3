import { type RowSchema, SluiceError } from '@sluice/model';
import type { Connector, DataSourceConfig, Parameters } from './connector.ts';
import type { Reader } from './reader.ts';
import { readerParts } from './reader-parts.ts';
import { agreedSchema, type NamedSchema, ShardedReader } from './sharded-reader.ts';

/** What a source is reached by: one data source, or several of one connector that are read as one. */
export interface SourceAccess {
  readonly config: DataSourceConfig;
  readonly parameters: Parameters;
  readonly sources?: readonly {
    readonly name: string;
    readonly config: DataSourceConfig;
    readonly tables: readonly string[];
  }[];
}

export async function openSource(
  connector: Connector,
  { config, parameters, sources }: SourceAccess,
): Promise<Reader> {
  if (sources === undefined) return connector.openReader!(config, parameters);
  return new ShardedReader(
    sources.map(({ name, config: own, tables }) => ({
      name,
      open: () => connector.openReader!(own, { ...parameters, tables }),
    })),
  );
}

/** The columns of a source; undefined: its only table is not there. */
export async function describeSource(
  connector: Connector,
  { config, parameters, sources }: SourceAccess,
): Promise<RowSchema | undefined> {
  if (sources === undefined) return connector.describe(config, parameters, 'source');
  const found: NamedSchema[] = [];
  for (const { name, config: own, tables } of sources) {
    const schema = await connector.describe(own, { ...parameters, tables }, 'source');
    if (schema === undefined)
      throw new SluiceError('SLUICE_SRC_TABLE', {
        detail: `There is no table ${tables.join(', ')} in ${name}.`,
        place: name,
      });
    found.push({ name, schema });
  }
  return agreedSchema(found);
}

/** Lets `check` judge each table or query that the parameters name. */
export function checkParts(parameters: Parameters, check: (own: Parameters) => unknown): void {
  for (const part of readerParts(parameters)) check(part.parameters);
}

/** A reader of all that the parameters name, from one that reads a single table or query. */
export function openParts(parameters: Parameters, open: (own: Parameters) => Reader): Reader {
  const parts = readerParts(parameters);
  const [only] = parts;
  if (parts.length === 1 && parameters['tables'] === undefined) return open(only!.parameters);
  return new ShardedReader(parts.map(({ name, parameters: own }) => ({ name, open: async () => open(own) })));
}

/** The columns of all that the parameters name; undefined: the only table is not there. Throws SLUICE_SRC_TABLE for one of several. */
export async function describeParts(
  parameters: Parameters,
  describe: (own: Parameters) => Promise<RowSchema | undefined>,
): Promise<RowSchema | undefined> {
  const parts = readerParts(parameters);
  const found: NamedSchema[] = [];
  for (const { name, parameters: own } of parts) {
    const schema = await describe(own);
    if (schema !== undefined) found.push({ name, schema });
    else if (parts.length === 1) return undefined;
    else throw new SluiceError('SLUICE_SRC_TABLE', { detail: `There is no table ${name}.`, place: name });
  }
  return agreedSchema(found);
}
