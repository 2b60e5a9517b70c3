import type { Connector } from '../connector.ts';
import { runSuite, type TestFunctions } from './check.ts';
import { BATCH_CHECKS } from './reader-batches.ts';
import { READER_CONTROLS } from './reader-controls.ts';
import { coverageChecks, PLAN_CHECKS } from './reader-coverage.ts';
import { ENDING_CHECKS } from './reader-endings.ts';
import type { ReaderFixture } from './reader-fixture.ts';

/** The promises of `Reader` (reader.ts; D-5 to D-7), and controls that show that the suite can fail. */
export function readerContract(test: TestFunctions, connector: Connector, fixture: ReaderFixture): void {
  const checks = [...coverageChecks(fixture), ...PLAN_CHECKS, ...BATCH_CHECKS, ...ENDING_CHECKS];
  runSuite(test, { name: 'reader', checks, controls: READER_CONTROLS }, connector, fixture);
}
