import { readerContract } from '@sluice/connector-sdk/contract';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { connector } from './index.ts';
import { sqliteReaderFixture } from './reader.fixture.ts';

readerContract({ describe, it, beforeAll, afterAll }, connector, sqliteReaderFixture());
