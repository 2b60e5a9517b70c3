import { afterAll, beforeAll, describe, it } from 'vitest';
import { fileReaderFixture, fileWriterFixture } from '@sluice/file-kit/contract';
import { readerContract, writerContract } from '@sluice/connector-sdk/contract';
import { connector } from './index.ts';
import { parquet } from './parquet.fixture.ts';
import { parquetFormat } from './writer-format.ts';

readerContract({ describe, it, beforeAll, afterAll }, connector, fileReaderFixture(parquet));
writerContract(
  { describe, it, beforeAll, afterAll },
  connector,
  fileWriterFixture(parquet, parquetFormat, 'folder'),
);
