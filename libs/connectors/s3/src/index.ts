import { CsvReaderFormat } from '@sluice/connector-csv/format';
import { JsonlReaderFormat } from '@sluice/connector-jsonl/format';
import { ParquetReader } from '@sluice/connector-parquet/format';
import type { Connector, DataSourceConfig, Parameters, Reader } from '@sluice/connector-sdk';
import { describeIfThere, TextReader } from '@sluice/file-kit';
import type { RowSchema } from '@sluice/model';
import { checkBucket, listObjects } from './catalog.ts';
import { S3Client } from './client.ts';
import { objects } from './object-source.ts';
import { spec } from './spec.ts';

type FileReader = Reader & { describe(): Promise<RowSchema> };

/** The reader of the format that the parameters name, on objects in the place of files. */
function readerOf(client: S3Client, config: DataSourceConfig, parameters: Parameters): FileReader {
  const open = objects(client, config);
  const path = String(parameters['path']);
  switch (parameters['format'] ?? 'csv') {
    case 'parquet':
      return new ParquetReader(open, parameters);
    case 'jsonl':
      return new TextReader(open, path, new JsonlReaderFormat(parameters));
    default:
      return new TextReader(open, path, new CsvReaderFormat(parameters));
  }
}

/** Files in the buckets of S3-compatible stores. */
export const connector: Connector = {
  spec,
  check: async (config) => checkBucket(config),
  tables: async (config, query) => listObjects(config, query),
  describe: async (config, parameters) => {
    const client = new S3Client(config);
    try {
      const reader = readerOf(client, config, parameters);
      return await describeIfThere(objects(client, config), String(parameters['path']), () =>
        reader.describe(),
      );
    } finally {
      client.close();
    }
  },
  openReader: async (config, parameters) => {
    const client = new S3Client(config);
    const reader = readerOf(client, config, parameters);
    return {
      plan: (wish) => reader.plan(wish),
      read: (...asked) => reader.read(...asked),
      close: async () => client.close(),
    };
  },
};
