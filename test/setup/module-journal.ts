import { appendFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

/** Writes down which test files have begun and ended: what the runner tells when it has to end a run that hangs. */
export default class ModuleJournal implements Reporter {
  onTestModuleStart(module: TestModule): void {
    this.#write('begun', module);
  }

  onTestModuleEnd(module: TestModule): void {
    const states = [...module.children.allTests()].map((test) => test.result().state);
    const count = (state: string): number => states.filter((other) => other === state).length;
    this.#write('ended', module, count('passed'), count('failed'));
  }

  #write(what: string, module: TestModule, ...counts: number[]): void {
    const file = process.env['SLUICE_TEST_JOURNAL'];
    if (file !== undefined)
      appendFileSync(file, `${[what, module.relativeModuleId, ...counts].join('\t')}\n`);
  }
}
