import { deepEqual, equal, ok } from 'node:assert/strict';
import type { Connector } from '../connector.ts';
import type { Check } from './check.ts';
import type { ReaderFixture, TestSource } from './reader-fixture.ts';
import { planOf, readAll, readSplit, withReader } from './readings.ts';
import { sameOrder, sameRows } from './rows.ts';
import { SOURCE_TABLES, type SourceTitle } from './source-tables.ts';

const CHANNELS = 2;
/** A few batches a split of a large table, several splits' worth of a small one. */
const PART = { maxRecords: 3000, maxBytes: 1024 * 1024 };
const ALONE = { maxRecords: 1, maxBytes: 1024 * 1024 };

type ReaderCheck = Check<ReaderFixture>;

/** Splits and positions of every source that the fixture can make. */
export function coverageChecks(fixture: ReaderFixture): readonly ReaderCheck[] {
  const shared = Object.keys(SOURCE_TABLES) as SourceTitle[];
  const titles = [...shared, ...Object.keys(fixture.sources).filter((title) => !(title in SOURCE_TABLES))];
  return titles.flatMap((title): ReaderCheck[] => {
    const needs = `source: ${title}`;
    return [
      {
        id: 'covers',
        promise: `has every row of ${title} exactly once in its splits`,
        needs,
        run: async (connector, { sources }) => covers(connector, await sources[title]!()),
      },
      {
        id: 'resumes',
        promise: `goes on after the position of any batch of ${title} with exactly the rest`,
        needs,
        run: async (connector, { sources }) => resumes(connector, await sources[title]!()),
      },
    ];
  });
}

async function covers(connector: Connector, source: TestSource): Promise<void> {
  const expected = await source.rows();
  const { rows } = await readAll(connector, source, CHANNELS);
  sameRows(rows, expected);
}

async function resumes(connector: Connector, source: TestSource): Promise<void> {
  await withReader(connector, source, async (reader) => {
    const plan = await planOf(reader, { channels: CHANNELS });
    const size = (await source.rows()).length;
    for (const split of plan.splits) {
      const limits = size < 100 ? ALONE : PART;
      const all = await readSplit(reader, plan, split, null, source.columns, { limits });
      for (const { position, rowsSoFar } of all.batches) {
        equal(position === null, !split.resumable, `split ${split.label} has the position ${position}`);
        if (position === null) continue;
        const rest = await readSplit(reader, plan, split, position, source.columns);
        sameOrder(rest.rows, all.rows.slice(rowsSoFar), `after ${position}`);
      }
    }
  });
}

export const PLAN_CHECKS: readonly ReaderCheck[] = [
  {
    id: 'repeatable',
    promise: 'plans the same again: splits numbered from 0, that a store can keep, of the described columns',
    run: async (connector, { sources }) => {
      const source = await sources['a dense integer key']!();
      const plans = [];
      for (let i = 0; i < 2; i++)
        plans.push(await withReader(connector, source, (reader) => planOf(reader, { channels: CHANNELS })));
      const [plan, again] = plans;
      deepEqual(again!.splits, plan!.splits);
      deepEqual(again!.schema, plan!.schema);
      deepEqual(
        plan!.splits.map(({ ordinal }) => ordinal),
        plan!.splits.map((_, index) => index),
      );
      ok(plan!.splits.every(({ label }) => label !== ''));
      const described = await connector.describe(source.config, source.parameters, 'source');
      deepEqual(JSON.parse(JSON.stringify(described)), plan!.schema);
    },
  },
  {
    id: 'cuts',
    promise: 'cuts a large table into splits for its channels, at most 64 a channel',
    run: async (connector, { sources }) => {
      const source = await sources['a dense integer key']!();
      const count = async (channels: number): Promise<number> =>
        (await withReader(connector, source, (reader) => reader.plan({ channels }))).splits.length;
      const { splittable } = connector.spec.capabilities;
      for (const channels of [2, 4]) {
        const splits = await count(channels);
        ok(splits <= channels * 64, `${splits} splits for ${channels} channels`);
        if (splittable) ok(splits >= channels, `${splits} splits for ${channels} channels`);
      }
      ok((await count(1)) >= 1);
    },
  },
  {
    id: 'planned-columns',
    promise: 'reads the columns that were planned, also where the table has got another one since',
    needs: 'rewrite',
    run: async (connector, { rewritten }) => {
      const source = await rewritten!();
      await withReader(connector, source, async (reader) => {
        const plan = await planOf(reader, { channels: 1 });
        const before = await source.rows();
        await source.addColumn();
        const { rows } = await readSplit(reader, plan, plan.splits[0]!, null, source.columns);
        sameRows(rows, before);
      });
    },
  },
  {
    id: 'null-positions',
    promise: 'gives null positions, and no other, in a split that cannot be resumed',
    needs: 'unresumable',
    run: async (connector, { unresumable }) => {
      const source = await unresumable!();
      await withReader(connector, source, async (reader) => {
        const plan = await planOf(reader, { channels: CHANNELS });
        const rows: string[] = [];
        for (const split of plan.splits) {
          equal(split.resumable, false);
          const limits = { maxRecords: 100, maxBytes: 1024 * 1024 };
          const reading = await readSplit(reader, plan, split, null, source.columns, { limits });
          ok(reading.batches.length > 1);
          ok(reading.batches.every(({ position }) => position === null));
          rows.push(...reading.rows);
        }
        sameRows(rows, await source.rows());
        ok(plan.notes.length > 0, 'the plan does not say why it is one commit');
      });
    },
  },
  {
    id: 'apart',
    promise: 'reads splits at the same time, each on its own',
    run: async (connector, { sources }) => {
      const source = await sources['a dense integer key']!();
      await withReader(connector, source, async (reader) => {
        const plan = await planOf(reader, { channels: 4 });
        const readings = await Promise.all(
          plan.splits.map((split) => readSplit(reader, plan, split, null, source.columns)),
        );
        sameRows(
          readings.flatMap(({ rows }) => rows),
          await source.rows(),
        );
      });
    },
  },
];
