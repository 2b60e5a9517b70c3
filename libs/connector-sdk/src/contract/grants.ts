import { deepEqual, ok } from 'node:assert/strict';
import { SluiceError, type WriteMode } from '@sluice/model';
import type { Connector } from '../connector.ts';
import type { TestFunctions } from './check.ts';
import type { Opened } from './reader-fixture.ts';
import { planOf, readSplit, withReader } from './readings.ts';
import type { TargetRow } from './writer-fixture.ts';
import { commit, rowsFrom, type WritingOptions, writing } from './writing.ts';

/** What a heading under "Privileges" in a connector's README is about. */
export type Purpose =
  | 'To read'
  | 'To insert'
  | 'To upsert'
  | 'To ignore'
  | 'To update'
  | 'To replace'
  | 'To empty the table first'
  | 'Without the right to create';

/** Modes of purposes that are about one. */
const MODES: Readonly<Partial<Record<Purpose, WriteMode>>> = {
  'To upsert': 'upsert',
  'To ignore': 'ignore',
  'To update': 'update',
  'To replace': 'replace',
};

/** A store with users, whose README says which grants they need. */
export interface GrantsFixture {
  open(): Promise<void>;
  close(): Promise<void>;
  /** Text of the README: under each heading of level three that is a purpose, one block of SQL with `grant` statements. */
  readonly readme: string;
  /**
   * A new table with the columns of TARGET_SCHEMA, its key and three rows, in a place of its own, by a new user who has been
   * granted this, with the README's names in the statements.
   */
  granted(purpose: Purpose, grants: readonly string[]): Promise<Opened>;
}

/** The grants under a heading, one privilege each. */
export function grantsUnder(readme: string, purpose: Purpose): string[] {
  const section = readme.split(`### ${purpose}\n`)[1]?.split(/^#/m)[0] ?? '';
  const sql = /```sql\n([\s\S]*?)```/.exec(section)?.[1] ?? '';
  return sql
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')
    .flatMap((statement) => {
      const found = /^grant (.+?) (on .+ to .+|to .+)$/is.exec(statement);
      ok(found !== null, `no grant: ${statement}`);
      return found[1]!.split(',').map((privilege) => `grant ${privilege.trim()} ${found[2]}`);
    });
}

/** What a README says of privileges: the grants suffice, and each of them is needed. */
export function grantsContract(
  test: TestFunctions,
  connector: Connector,
  fixture: GrantsFixture,
  purposes: readonly Purpose[],
): void {
  test.describe(`the grants in the README of ${connector.spec.name}`, () => {
    test.beforeAll(() => fixture.open());
    test.afterAll(() => fixture.close());
    for (const purpose of purposes) {
      test.it(`${purpose.toLowerCase()} suffice`, async () => {
        const grants = grantsUnder(fixture.readme, purpose);
        ok(grants.length > 0, 'the README has none');
        await use(connector, await fixture.granted(purpose, grants), purpose);
      });
      test.it(
        `${purpose.toLowerCase()} are all needed; without one the error is a missing right`,
        async () => {
          const grants = grantsUnder(fixture.readme, purpose);
          const needless: string[] = [];
          for (const grant of grants) {
            const others = grants.filter((other) => other !== grant);
            const error = await failure(use(connector, await fixture.granted(purpose, others), purpose));
            if (error === undefined) needless.push(grant);
            else ok(/_(PRIVILEGE|TABLE)$/.test(error.code), `without ${grant}: ${error.message}`);
          }
          deepEqual(needless, []);
        },
      );
    }
  });
}

async function failure(attempt: Promise<void>): Promise<SluiceError | undefined> {
  try {
    await attempt;
    return undefined;
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
}

/** Does all that a task of this purpose does. */
async function use(connector: Connector, opened: Opened, purpose: Purpose): Promise<void> {
  if (purpose === 'To read')
    return withReader(connector, opened, async (reader) => {
      const plan = await planOf(reader, { channels: 2 });
      for (const split of plan.splits) await readSplit(reader, plan, split, null, ['id']);
    });
  const options: WritingOptions = {
    mode: MODES[purpose] ?? 'insert',
    truncateFirst: purpose === 'To empty the table first',
  };
  const rows: TargetRow[] = [...rowsFrom(11, 13), [14, 'without n', null]];
  await writing(connector, opened, options, async (run) => {
    const channel = await run.channel();
    await commit(channel, run.batch(0, 1, rows), run.final(0, 2, rows.length));
    await run.writer.finish(run.plan);
  });
}
