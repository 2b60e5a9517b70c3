import { writerContract } from '@sluice/connector-sdk/contract';
import { has } from '@sluice/testkit';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { connector } from './index.ts';
import { postgresWriterFixture } from './writer.fixture.ts';

describe.skipIf(!has('postgres'))('PostgreSQL', () =>
  writerContract({ describe, it, beforeAll, afterAll }, connector, postgresWriterFixture()),
);
