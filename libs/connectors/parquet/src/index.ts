import type { Connector } from '@sluice/connector-sdk';
import {
  checkRoot,
  describeIfThere,
  FileRoot,
  FileWriter,
  localFiles,
  localTarget,
  listTables,
} from '@sluice/file-kit';
import { ParquetReader } from './reader.ts';
import { spec } from './spec.ts';
import { parquetFormat } from './writer-format.ts';

/** Parquet files below a root. */
export const connector: Connector = {
  spec,
  check: async (config) => checkRoot(config),
  tables: async (config, query) => listTables(config, query, ['.parquet', '.parq']),
  describe: async (config, parameters, side) => {
    // A target is always made anew.
    if (side === 'target') return void (await FileRoot.open(config, 'target'));
    const reader = new ParquetReader(localFiles(config), parameters);
    return describeIfThere(localFiles(config), String(parameters['path']), () => reader.describe());
  },
  openReader: async (config, parameters) => new ParquetReader(localFiles(config), parameters),
  openWriter: async (config, parameters) =>
    new FileWriter(localTarget({ config, parameters, format: parquetFormat })),
};
