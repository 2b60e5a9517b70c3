import type { Connector } from '../connector.ts';
import { runSuite, type TestFunctions } from './check.ts';
import { APPLYING_CHECKS } from './writer-applying.ts';
import { WRITER_CONTROLS } from './writer-controls.ts';
import { DIRT_CHECKS } from './writer-dirt.ts';
import { WRITER_ENDING_CHECKS } from './writer-ending.ts';
import type { WriterFixture } from './writer-fixture.ts';
import { MODE_CONTROLS } from './writer-mode-controls.ts';
import { MODE_CHECKS, type ModeCheck } from './writer-modes.ts';
import { STEP_CONTROLS } from './writer-step-controls.ts';
import { STEP_CHECKS } from './writer-steps.ts';
import { OWNING_CHECKS } from './writer-owning.ts';
import { PREPARING_CHECKS } from './writer-preparing.ts';

/** The promises of `Writer` (writer.ts; D-9 to D-17, D-22, D-23), and controls that show that the suite can fail. */
export function writerContract(test: TestFunctions, connector: Connector, fixture: WriterFixture): void {
  const { writeModes } = connector.spec.capabilities;
  const hasMode = ({ mode }: Partial<ModeCheck>): boolean => mode === undefined || writeModes.includes(mode);
  const checks = [
    ...PREPARING_CHECKS,
    ...OWNING_CHECKS,
    ...APPLYING_CHECKS,
    ...DIRT_CHECKS,
    ...WRITER_ENDING_CHECKS,
    ...[...MODE_CHECKS, ...STEP_CHECKS].filter(hasMode),
  ];
  const controls = [...WRITER_CONTROLS, ...[...MODE_CONTROLS, ...STEP_CONTROLS].filter(hasMode)];
  runSuite(test, { name: 'writer', checks, controls }, connector, fixture);
}
