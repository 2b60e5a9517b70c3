import { deepEqual, equal, ok } from 'node:assert/strict';
import { SluiceError, uuidv7, type WritePlan } from '@sluice/model';
import type { Connector } from '../connector.ts';
import type { TargetSession } from '../target.ts';
import { TransactionalWriter } from '../transactional-writer.ts';
import type { Writer } from '../writer.ts';
import type { Opened } from './reader-fixture.ts';
import type { TargetRow, TestTarget, WriterFixture } from './writer-fixture.ts';
import type { ModeCheck } from './writer-modes.ts';
import { commit, planWriting, refuses, rowsFrom, Writing, writing, type WritingOptions } from './writing.ts';

/** Statements whose repetition shows: a row that cannot come twice, numbers that grow. The session's own table is needed by a later one. */
const PRE = [
  'create temporary table _mine (id integer)',
  'insert into _mine values (100)',
  "insert into @table (id, name, n) values (100, '@table; as text', 1)",
  'UPDATE @table SET n = n + 1 WHERE id in (select id from _mine);',
];
const POST = ['update @table set n = n + 10 where id = 100', 'delete from @table where id = 2'];

const own = (n: number): TargetRow => [100, '@table; as text', n];

/** Dies: the session is of no use behind the n-th call of what is wrapped, which was made or was not. */
class Death {
  readonly #at: number;
  #calls = 0;

  constructor(at: number) {
    this.#at = at;
  }

  get struck(): boolean {
    return this.#calls >= this.#at;
  }

  strike(): void {
    if (++this.#calls === this.#at) throw new SluiceError('SLUICE_TGT_INTERRUPTED', 'Dies here.');
  }
}

/** Points around everything that a generation does once: before it, behind it, and behind its count. */
function dying(session: TargetSession, death: Death): TargetSession {
  const { progress, work } = session;
  const around = async (run: () => Promise<void>): Promise<void> => {
    death.strike();
    await run();
    death.strike();
  };
  const { saveTask } = progress;
  progress.saveTask = async (row) => {
    await saveTask.call(progress, row);
    death.strike();
  };
  const changed = {
    step: work!.step.bind(work),
    statements: (...given: Parameters<NonNullable<TargetSession['work']>['statements']>) =>
      work!.statements(...given).map((statement) => ({ ...statement, run: () => around(statement.run) })),
    swap: (plan: WritePlan) => around(() => work!.swap(plan)),
    discard: (plan: WritePlan) => around(() => work!.discard(plan)),
  };
  return Object.assign(session, { work: changed });
}

function mortal(fixture: WriterFixture, target: Opened, death: Death): Writer {
  const connections = fixture.connections(target);
  return new TransactionalWriter({
    open: async (application) => dying(await connections.open(application), death) as never,
    terminate: (application) => connections.terminate(application),
  });
}

/** Lets a call die at its first point, at its second, and so on, each time on a session of its own, until it lives. */
async function throughDeaths(
  fixture: WriterFixture,
  target: Opened,
  body: (writer: Writer) => Promise<void>,
): Promise<number> {
  for (let at = 1; ; at++) {
    const death = new Death(at);
    const attempt = body(mortal(fixture, target, death));
    try {
      await attempt;
    } catch (error) {
      if (!death.struck) throw error;
      continue;
    }
    ok(at < 100, 'no call ends');
    return at - 1;
  }
}

async function load(opened: Writing): Promise<void> {
  await commit(await opened.channel(), opened.batch(0, 1, rowsFrom(1, 3)), opened.final(0, 2, 3));
}

/** A target with one row, and a writing of it that is not prepared yet. */
async function begun(
  connector: Connector,
  fixture: WriterFixture,
  options: WritingOptions,
  body: (target: TestTarget, opened: Writing) => Promise<void>,
): Promise<void> {
  const target = await fixture.target('keyed');
  await writing(connector, target, {}, async (before) => {
    await commit(await before.channel(), before.batch(0, 1, [[50, 'old', 5]]));
  });
  const opened = await Writing.open(connector, target, planWriting(options));
  try {
    await body(target, opened);
  } finally {
    await opened.close();
  }
}

const OLD: TargetRow = [50, 'old', 5];

/** What a generation does once: its own statements, and the swap of an overwritten table (D-9, D-23, D-25). */
export const STEP_CHECKS: readonly ModeCheck[] = [
  {
    id: 'statements',
    mode: 'overwrite',
    promise: 'runs the statements of a task once, behind the emptying of the table and behind the last row',
    run: (connector, fixture) =>
      begun(
        connector,
        fixture,
        { truncateFirst: true, preSql: PRE, postSql: POST },
        async (target, opened) => {
          const { writer, plan } = opened;
          await Promise.all([writer.prepare(plan), writer.prepare(plan)]);
          await writer.prepare(plan);
          deepEqual(await target.content(), target.contentOf([own(2)]));
          await refuses(writer.finish(plan), 'SLUICE_OFF_LEDGER');
          await load(opened);
          deepEqual(await target.content(), target.contentOf([own(2), ...rowsFrom(1, 3)]));
          await Promise.all([writer.finish(plan), writer.finish(plan)]);
          await writer.finish(plan);
          await writer.prepare(plan);
          const kept = rowsFrom(1, 3).filter(([id]) => id !== 2);
          deepEqual(await target.content(), target.contentOf([own(12), ...kept]));
        },
      ),
  },
  {
    id: 'statements-died',
    mode: 'overwrite',
    uses: ['steps'],
    promise: 'runs each statement once, whatever session dies before it, behind it or behind its count',
    run: (connector, fixture) =>
      begun(
        connector,
        fixture,
        { truncateFirst: true, preSql: PRE, postSql: POST },
        async (target, opened) => {
          const { plan } = opened;
          const deaths = await throughDeaths(fixture, target, (writer) => writer.prepare(plan));
          ok(deaths >= PRE.length * 2, `only ${deaths} deaths`);
          deepEqual(await target.content(), target.contentOf([own(2)]));
          await load(opened);
          await throughDeaths(fixture, target, (writer) => writer.finish(plan));
          const kept = rowsFrom(1, 3).filter(([id]) => id !== 2);
          deepEqual(await target.content(), target.contentOf([own(12), ...kept]));
        },
      ),
  },
  {
    id: 'statements-refused',
    mode: 'overwrite',
    promise:
      'runs nothing of a list with a statement that is not allowed, and says which one failed in the target',
    run: (connector, fixture) =>
      begun(connector, fixture, {}, async (target, opened) => {
        const attempt = (...preSql: string[]): Promise<void> =>
          opened.writer.prepare({ ...opened.plan, preSql });
        for (const bad of [
          'select 1',
          'drop table @table',
          'delete from @table; delete from @table',
          'delete from @table -- all',
          'delete from @table /* all */',
          "delete from @table where name = 'open",
          '',
        ]) {
          const error = await refuses(attempt('delete from @table', bad), 'SLUICE_CFG_INVALID');
          equal(error.place, '/write/preSql/1', bad);
        }
        deepEqual(await target.content(), target.contentOf([OLD]));
        for (const failing of [
          'delete from @table where nothing = 1',
          'insert into @table (id) values (1)',
        ]) {
          const error = await refuses(attempt(failing), 'SLUICE_TGT_STATEMENT');
          deepEqual([error.kind, error.place], ['config', '/write/preSql/0']);
        }
        await refuses(opened.takeOver(opened.nextClaim()), 'SLUICE_TGT_NOT_PREPARED');
      }),
  },
  {
    id: 'statements-cancelled',
    mode: 'overwrite',
    promise: 'runs no statement of a generation that is cancelled, before its first row or behind its last',
    run: (connector, fixture) =>
      begun(connector, fixture, { preSql: PRE.slice(2, 3), postSql: POST }, async (target, opened) => {
        const { writer, plan } = opened;
        await writer.prepare(plan);
        await load(opened);
        await writer.cancel(plan);
        await refuses(writer.finish(plan), 'SLUICE_TGT_REPLACED');
        await refuses(writer.prepare(plan), 'SLUICE_TGT_REPLACED');
        deepEqual(await target.content(), target.contentOf([OLD, own(1), ...rowsFrom(1, 3)]));
      }),
  },
  {
    id: 'overwrite',
    mode: 'overwrite',
    promise: 'shows the old rows until the last new one is in, then the new ones; the key holds all the time',
    run: (connector, fixture) =>
      begun(
        connector,
        fixture,
        { mode: 'overwrite', channels: [0, 0], postSql: ['update @table set n = 0 where id = 1'] },
        async (target, opened) => {
          const { writer, plan } = opened;
          await writer.prepare(plan);
          const channel = await opened.channel();
          await commit(
            channel,
            opened.batch(0, 1, [...rowsFrom(1, 3), [2, 'twice', 1]]),
            opened.final(0, 2, 4),
          );
          const [moved] = await commit(channel, opened.batch(1, 1, rowsFrom(7, 8)), opened.final(1, 2, 2));
          equal(moved!.counts.written, 2);
          await writer.prepare(plan);
          deepEqual(await target.content(), target.contentOf([OLD]));
          equal((await target.dirty(plan.generation)).length, 1);
          await writer.finish(plan);
          await writer.finish(plan);
          const rows: TargetRow[] = [[1, 'row 1', 0], ...rowsFrom(2, 3), ...rowsFrom(7, 8)];
          deepEqual(await target.content(), target.contentOf(rows));
          equal(await fixture.staged!(target), 0);
          const described = await connector.describe(target.config, target.parameters, 'target');
          deepEqual(described?.key, ['id']);
          const next = { task: plan.task, generation: uuidv7(Date.now() + 1000), mode: 'overwrite' } as const;
          await writing(connector, target, next, async (again) => {
            await load(again);
            deepEqual(await target.content(), target.contentOf(rows));
            await again.writer.finish(again.plan);
          });
          deepEqual(await target.content(), target.contentOf(rowsFrom(1, 3)));
        },
      ),
  },
  {
    id: 'overwrite-died',
    mode: 'overwrite',
    promise: 'swaps once, whatever session dies around the swap: readers find the old rows or the new ones',
    run: (connector, fixture) =>
      begun(connector, fixture, { mode: 'overwrite' }, async (target, opened) => {
        const { plan } = opened;
        await throughDeaths(fixture, target, (writer) => writer.prepare(plan));
        await load(opened);
        const found = new Set<string>();
        const deaths = await throughDeaths(fixture, target, async (writer) => {
          found.add(JSON.stringify(await target.content()));
          await writer.finish(plan);
        });
        ok(deaths >= 4, `only ${deaths} deaths`);
        const [old, fresh] = [[OLD], rowsFrom(1, 3)].map((rows) => JSON.stringify(target.contentOf(rows)));
        deepEqual(
          [...found].filter((rows) => rows !== old && rows !== fresh),
          [],
        );
        deepEqual(await target.content(), target.contentOf(rowsFrom(1, 3)));
        equal(await fixture.staged!(target), 0);
      }),
  },
  {
    id: 'overwrite-cancelled',
    mode: 'overwrite',
    promise: 'leaves the old rows when a generation that overwrites is cancelled, and nothing beside them',
    run: (connector, fixture) =>
      begun(connector, fixture, { mode: 'overwrite' }, async (target, opened) => {
        const { writer, plan } = opened;
        await writer.prepare(plan);
        await load(opened);
        await writer.cancel(plan);
        await refuses(writer.finish(plan), 'SLUICE_TGT_REPLACED');
        deepEqual(await target.content(), target.contentOf([OLD]));
        equal(await fixture.staged!(target), 0);
      }),
  },
];
