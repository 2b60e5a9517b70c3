import { csvFormat } from '@sluice/connector-csv/format';
import { parquetFormat } from '@sluice/connector-parquet/format';
import { csv } from '@sluice/connector-csv/fixture';
import { jsonl } from '@sluice/connector-jsonl/fixture';
import { parquet } from '@sluice/connector-parquet/fixture';
import { readerContract, writerContract } from '@sluice/connector-sdk/contract';
import { fileReaderFixture, type StoreOfTest } from '@sluice/file-kit/contract';
import { has } from '@sluice/testkit';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { type TestBucket, testBucket } from './bucket.fixture.ts';
import { connector } from './index.ts';
import { objectWriterFixture } from './target.fixture.ts';

/** Objects of the suite, and what is wrong with a data source. */
function bucketOfTest(format: string): StoreOfTest {
  let bucket: TestBucket;
  const config = (): TestBucket['config'] => bucket.config;
  const parameters = { format, path: 'a.csv' };
  return {
    parameters: { format },
    without: { connections: 'Connections are kept for the next question, and end with the reader.' },
    refused: {
      database: async () => ({
        config: { ...config(), bucket: 'nowhere-at-all' },
        parameters,
        codes: ['SLUICE_SRC_DATABASE'],
      }),
      password: async () => ({
        config: { ...config(), secretAccessKey: 'wrong-and-secret' },
        parameters,
        codes: ['SLUICE_SRC_AUTH'],
        secret: 'wrong-and-secret',
      }),
      user: async () => ({
        config: { ...config(), accessKeyId: 'nobody' },
        parameters,
        codes: ['SLUICE_SRC_AUTH'],
      }),
      port: async () => ({
        config: { ...config(), endpoint: 'http://127.0.0.1:9' },
        parameters,
        codes: ['SLUICE_SRC_UNREACHABLE'],
      }),
      'an address of cloud metadata': async () => ({
        config: { ...config(), endpoint: 'http://169.254.169.254' },
        parameters,
        codes: ['SLUICE_CFG_ADDRESS'],
      }),
      'an endpoint that is none': async () => ({
        config: { ...config(), endpoint: 'http://127.0.0.1/path' },
        parameters,
        codes: ['SLUICE_CFG_INVALID'],
      }),
    },
    open: async () => {
      bucket = await testBucket();
    },
    close: async () => undefined,
    config,
    put: (key, content) => bucket.put(key, content),
  };
}

const FORMATS = {
  csv: [csv, csvFormat],
  // Written as CSV is, by appending records: the protocol is held to its promises once for each way.
  jsonl: [jsonl, undefined],
  parquet: [parquet, parquetFormat],
} as const;

for (const [format, [files, maker]] of Object.entries(FORMATS))
  describe.skipIf(!has('s3'))(`objects of ${format}`, () => {
    const fixture = fileReaderFixture(files, bucketOfTest(format));
    readerContract({ describe, it, beforeAll, afterAll }, connector, fixture);
    if (maker === undefined) return;
    const target = objectWriterFixture(format, files, maker);
    writerContract({ describe, it, beforeAll, afterAll }, connector, target);
  });
