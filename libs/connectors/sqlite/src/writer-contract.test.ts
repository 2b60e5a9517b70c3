import { writerContract } from '@sluice/connector-sdk/contract';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { connector } from './index.ts';
import { sqliteWriterFixture } from './writer.fixture.ts';

writerContract({ describe, it, beforeAll, afterAll }, connector, sqliteWriterFixture());
