import type { DataSourceConfig, Parameters } from '@sluice/connector-sdk';
import { FileRoot, localFiles, TextReader } from '@sluice/file-kit';
import { type RowSchema, SluiceError } from '@sluice/model';
import { CsvReaderFormat } from './reader-format.ts';

/**
 * The columns of the one file that is appended to, so that fields are put below its header by name. Every other target is made
 * anew and has none yet.
 */
export async function describeTarget(
  config: DataSourceConfig,
  parameters: Parameters,
): Promise<RowSchema | undefined> {
  const path = String(parameters['path']);
  await FileRoot.open(config, 'target');
  if (parameters['existing'] !== 'append' || parameters['header'] === false || path.endsWith('/'))
    return undefined;
  try {
    const { delimiter, quote, escape } = parameters;
    const dialect = Object.fromEntries(
      Object.entries({ delimiter, quote, escape }).filter(([, value]) => value !== undefined),
    );
    const schema = await new TextReader(localFiles(config), path, new CsvReaderFormat(dialect)).describe();
    return schema.columns.length === 0 ? undefined : schema;
  } catch (error) {
    if (error instanceof SluiceError && error.code === 'SLUICE_SRC_FILE') return undefined;
    throw error;
  }
}
