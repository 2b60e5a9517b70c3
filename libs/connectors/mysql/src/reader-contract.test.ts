import { readerContract } from '@sluice/connector-sdk/contract';
import { has } from '@sluice/testkit';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { connector } from './index.ts';
import { mysqlReaderFixture } from './reader.fixture.ts';

describe.skipIf(!has('mariadb'))('MariaDB', () =>
  readerContract({ describe, it, beforeAll, afterAll }, connector, mysqlReaderFixture()),
);
