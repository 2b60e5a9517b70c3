import { afterAll, beforeAll, describe, it } from 'vitest';
import { fileReaderFixture, fileWriterFixture } from '@sluice/file-kit/contract';
import { readerContract, writerContract } from '@sluice/connector-sdk/contract';
import { connector } from './index.ts';
import { csv } from './csv.fixture.ts';
import { csvFormat } from './writer-format.ts';

readerContract({ describe, it, beforeAll, afterAll }, connector, fileReaderFixture(csv));
for (const target of ['file', 'folder'] as const)
  describe(`to a ${target}`, () =>
    writerContract(
      { describe, it, beforeAll, afterAll },
      connector,
      fileWriterFixture(csv, csvFormat, target),
    ));
