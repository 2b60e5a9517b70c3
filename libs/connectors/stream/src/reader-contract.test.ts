import { readerContract } from '@sluice/connector-sdk/contract';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { connector } from './index.ts';
import { streamReaderFixture } from './reader.fixture.ts';

readerContract({ describe, it, beforeAll, afterAll }, connector, streamReaderFixture());
