import type { DataSourceConfig, Parameters } from '@sluice/connector-sdk';
import { type RowSchema, SluiceError } from '@sluice/model';
import { describeTable } from './catalog.ts';
import { connect } from './connection.ts';
import { readerSettings } from './reader-settings.ts';
import { openRelation, plain, shownSchema } from './relation.ts';

/** Columns and key of one table or query as the reader yields them; undefined: there is no such table. */
export async function describeSource(
  config: DataSourceConfig,
  parameters: Parameters,
): Promise<RowSchema | undefined> {
  const settings = readerSettings(parameters);
  const session = await connect(config, 'source', 'sluice describe', settings.session.join('; '));
  try {
    return shownSchema(await openRelation(session, settings), settings);
  } catch (error) {
    const isMissing = error instanceof SluiceError && error.code === 'SLUICE_SRC_TABLE';
    if (isMissing && error.cause === undefined) return undefined;
    throw error;
  } finally {
    await session.close();
  }
}

export async function describeTarget(
  config: DataSourceConfig,
  parameters: Parameters,
): Promise<RowSchema | undefined> {
  const session = await connect(config, 'target', 'sluice describe');
  try {
    const found = await describeTable(session, String(parameters['table']));
    return found && { ...found.schema, columns: found.columns.map(plain) };
  } finally {
    await session.close();
  }
}
