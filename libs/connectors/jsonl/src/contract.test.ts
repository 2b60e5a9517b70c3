import { afterAll, beforeAll, describe, it } from 'vitest';
import { fileReaderFixture, fileWriterFixture } from '@sluice/file-kit/contract';
import { readerContract, writerContract } from '@sluice/connector-sdk/contract';
import { connector } from './index.ts';
import { jsonl } from './jsonl.fixture.ts';
import { jsonlFormat } from './writer-format.ts';

readerContract({ describe, it, beforeAll, afterAll }, connector, fileReaderFixture(jsonl));
writerContract(
  { describe, it, beforeAll, afterAll },
  connector,
  fileWriterFixture(jsonl, jsonlFormat, 'folder', { compression: 'none' }),
);
