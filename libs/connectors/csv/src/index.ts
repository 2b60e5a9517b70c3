import type { Connector } from '@sluice/connector-sdk';
import {
  checkRoot,
  describeIfThere,
  FileWriter,
  localFiles,
  localTarget,
  listTables,
  TextReader,
} from '@sluice/file-kit';
import { describeTarget } from './append-target.ts';
import { CsvReaderFormat } from './reader-format.ts';
import { spec } from './spec.ts';
import { csvFormat } from './writer-format.ts';

/** CSV files below a root. */
export const connector: Connector = {
  spec,
  check: async (config) => checkRoot(config),
  tables: async (config, query) => listTables(config, query, ['.csv', '.tsv', '.txt']),
  describe: async (config, parameters, side) => {
    if (side === 'target') return describeTarget(config, parameters);
    const path = String(parameters['path']);
    const reader = new TextReader(localFiles(config), path, new CsvReaderFormat(parameters));
    return describeIfThere(localFiles(config), path, () => reader.describe());
  },
  openReader: async (config, parameters) =>
    new TextReader(localFiles(config), String(parameters['path']), new CsvReaderFormat(parameters)),
  openWriter: async (config, parameters) =>
    new FileWriter(localTarget({ config, parameters, format: csvFormat })),
};
