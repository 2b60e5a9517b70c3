import { readerContract } from '@sluice/connector-sdk/contract';
import { has } from '@sluice/testkit';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { connector } from './index.ts';
import { postgresReaderFixture } from './reader.fixture.ts';

describe.skipIf(!has('postgres'))('PostgreSQL', () =>
  readerContract({ describe, it, beforeAll, afterAll }, connector, postgresReaderFixture()),
);
