import { csvFormat, CsvReaderFormat } from '@sluice/connector-csv/format';
import { jsonlFormat, JsonlReaderFormat } from '@sluice/connector-jsonl/format';
import { parquetFormat, ParquetReader } from '@sluice/connector-parquet/format';
import type { Connector, DataSourceConfig, Parameters, Reader } from '@sluice/connector-sdk';
import { describeIfThere, FileWriter, type FormatMaker, type OpenTarget, TextReader } from '@sluice/file-kit';
import type { RowSchema } from '@sluice/model';
import { Bucket } from './bucket.ts';
import { checkBucket, listObjects } from './catalog.ts';
import { S3Client } from './client.ts';
import { objects } from './object-source.ts';
import { ObjectTarget } from './object-target.ts';
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

const WRITTEN: Readonly<Record<string, FormatMaker>> = {
  csv: csvFormat,
  jsonl: jsonlFormat,
  parquet: parquetFormat,
};

/** A folder of a bucket as the writer's protocol knows targets. */
export function targetOf(client: S3Client, config: DataSourceConfig, parameters: Parameters): OpenTarget {
  const format = WRITTEN[String(parameters['format'] ?? 'csv')] ?? csvFormat;
  return async () => new ObjectTarget({ bucket: new Bucket(client), config, parameters, format });
}

/** Files in the buckets of S3-compatible stores. */
export const connector: Connector = {
  spec,
  check: async (config) => checkBucket(config),
  tables: async (config, query) => listObjects(config, query),
  describe: async (config, parameters, side) => {
    // A target is always made anew.
    if (side === 'target') return undefined;
    const client = new S3Client(config, 'source');
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
    const client = new S3Client(config, 'source');
    const reader = readerOf(client, config, parameters);
    return {
      plan: (wish) => reader.plan(wish),
      read: (...asked) => reader.read(...asked),
      close: async () => client.close(),
    };
  },
  openWriter: async (config, parameters) => {
    const client = new S3Client(config, 'target');
    const writer = new FileWriter(targetOf(client, config, parameters));
    return {
      prepare: (plan) => writer.prepare(plan),
      takeOver: (...asked) => writer.takeOver(...asked),
      seal: (...asked) => writer.seal(...asked),
      openChannel: (...asked) => writer.openChannel(...asked),
      lastDirty: (...asked) => writer.lastDirty(...asked),
      finish: (plan) => writer.finish(plan),
      cancel: (plan) => writer.cancel(plan),
      close: async () => {
        await writer.close();
        client.close();
      },
    };
  },
};
