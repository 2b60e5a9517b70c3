import type { Connector } from '@sluice/connector-sdk';
import {
  checkRoot,
  describeIfThere,
  FileRoot,
  FileWriter,
  localFiles,
  localTarget,
  listTables,
  TextReader,
} from '@sluice/file-kit';
import { JsonlReaderFormat } from './reader-format.ts';
import { spec } from './spec.ts';
import { jsonlFormat } from './writer-format.ts';

/** Files of JSON lines below a root. */
export const connector: Connector = {
  spec,
  check: async (config) => checkRoot(config),
  tables: async (config, query) => listTables(config, query, ['.jsonl', '.ndjson', '.json']),
  describe: async (config, parameters, side) => {
    // A target is always made anew: objects need no agreement about columns.
    if (side === 'target') return void (await FileRoot.open(config, 'target'));
    const path = String(parameters['path']);
    const reader = new TextReader(localFiles(config), path, new JsonlReaderFormat(parameters));
    return describeIfThere(localFiles(config), path, () => reader.describe());
  },
  openReader: async (config, parameters) =>
    new TextReader(localFiles(config), String(parameters['path']), new JsonlReaderFormat(parameters)),
  openWriter: async (config, parameters) =>
    new FileWriter(localTarget({ config, parameters, format: jsonlFormat })),
};
