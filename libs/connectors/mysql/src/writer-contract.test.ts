import { writerContract } from '@sluice/connector-sdk/contract';
import { has } from '@sluice/testkit';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { connector } from './index.ts';
import { mysqlWriterFixture } from './writer.fixture.ts';

describe.skipIf(!has('mariadb'))('MariaDB', () =>
  writerContract({ describe, it, beforeAll, afterAll }, connector, mysqlWriterFixture()),
);
