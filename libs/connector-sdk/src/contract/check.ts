import { AssertionError, fail, ok } from 'node:assert/strict';
import type { Connector } from '../connector.ts';

/** The functions of a test library that a suite is given: connector-sdk itself depends on none. */
export interface TestFunctions {
  describe(name: string, body: () => void): unknown;
  it(name: string, body: () => Promise<void>): unknown;
  beforeAll(body: () => Promise<void>): unknown;
  afterAll(body: () => Promise<void>): unknown;
}

/** What a connector's test supplies beside the connector: a place with tables to work on. A plain object. */
export interface Fixture {
  open(): Promise<void>;
  close(): Promise<void>;
  /** What this store cannot be asked for, by the name of the ability, and why not. */
  readonly without: Readonly<Record<string, string>>;
  /** How often something outside this process is looked at before it is given up; for controls, which it is to fail. */
  readonly polls?: number;
}

/** One promise of a reader or a writer. Fails by throwing. */
export interface Check<F extends Fixture> {
  /** Short and stable: controls go by it. */
  readonly id: string;
  readonly promise: string;
  /** The ability that it needs of the store; a fixture without it says why. */
  readonly needs?: string;
  /** Abilities that only parts of it need. */
  readonly uses?: readonly string[];
  run(connector: Connector, fixture: F): Promise<void>;
}

/** A fault built into a connector on purpose, which at least the named checks must notice. */
export interface Control<F extends Fixture> {
  readonly fault: string;
  readonly breaks: readonly string[];
  /** The ability of a store without which the fault does no harm. */
  readonly needs?: string;
  change?(connector: Connector, fixture: F): Connector;
  /** For abilities that a check uses beside the connector. */
  changeFixture?(fixture: F): F;
}

export interface Suite<F extends Fixture> {
  readonly name: string;
  readonly checks: readonly Check<F>[];
  readonly controls: readonly Control<F>[];
}

/**
 * Registers one test a promise, and one a control: a suite that lets a broken connector pass shows nothing. Of several checks
 * with one id a control takes the first.
 */
export function runSuite<F extends Fixture>(
  test: TestFunctions,
  suite: Suite<F>,
  connector: Connector,
  fixture: F,
): void {
  const possible = suite.checks.filter(({ needs }) => needs === undefined || !(needs in fixture.without));
  test.describe(`the ${suite.name} of ${connector.spec.name}`, () => {
    test.beforeAll(() => fixture.open());
    test.afterAll(() => fixture.close());

    for (const { promise, run } of possible) test.it(promise, () => run(connector, fixture));

    test.it('leaves no promise out but with a reason, and each has a control', async () => {
      const needed = new Set(suite.checks.flatMap(({ needs, uses = [] }) => [needs, ...uses]));
      for (const [ability, reason] of Object.entries(fixture.without)) {
        ok(needed.has(ability), `nothing needs ${ability}`);
        ok(reason.length > 10, `no reason is given for ${ability}`);
      }
      const ids = new Set(suite.checks.map(({ id }) => id));
      const controlled = new Set(suite.controls.flatMap(({ breaks }) => breaks));
      for (const id of controlled) ok(ids.has(id), `a control breaks ${id}, which is no check`);
      for (const id of ids) ok(controlled.has(id), `no control breaks ${id}`);
    });

    for (const control of suite.controls) {
      const concerned = control.breaks.flatMap((id) => possible.find((check) => check.id === id) ?? []);
      const isHarmless = control.needs !== undefined && control.needs in fixture.without;
      if (concerned.length === 0 || isHarmless) continue;
      test.it(`would notice one that ${control.fault}`, async () => {
        for (const check of concerned) await mustFail(check, control, connector, fixture);
      });
    }
  });
}

/** Errors of a connector. */
const PROOFS: ReadonlySet<string> = new Set(['SluiceError', 'AbortError']);

async function mustFail<F extends Fixture>(
  check: Check<F>,
  control: Control<F>,
  connector: Connector,
  fixture: F,
): Promise<void> {
  const broken = control.change?.(connector, fixture) ?? connector;
  const place = { ...(control.changeFixture?.(fixture) ?? fixture), polls: 30 };
  try {
    await check.run(broken, place);
  } catch (error) {
    // A mistake of the fixture or of the suite itself is no proof.
    if (error instanceof AssertionError || PROOFS.has((error as Error).name)) return;
    throw error;
  }
  fail(`passes although it is broken: ${check.promise}`);
}
