import { writerContract } from '@sluice/connector-sdk/contract';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { connector } from './index.ts';
import { streamWriterFixture } from './writer.fixture.ts';

for (const where of ['file', 'memory'] as const)
  describe(`in ${where}`, () =>
    writerContract({ describe, it, beforeAll, afterAll }, connector, streamWriterFixture(where)));
