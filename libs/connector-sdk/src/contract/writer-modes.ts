import { deepEqual } from 'node:assert/strict';
import { KEYED_MODES, type RowSchema, type WriteMode } from '@sluice/model';
import type { Connector } from '../connector.ts';
import { RowBatchBuilder } from '../row-batch-builder.ts';
import type { Check } from './check.ts';
import { TARGET_SCHEMA, type TargetRow, type TestTarget, type WriterFixture } from './writer-fixture.ts';
import { commit, refuses, writing } from './writing.ts';

/** A promise about one write mode: only of connectors that have it. */
export interface ModeCheck extends Check<WriterFixture> {
  readonly mode: WriteMode;
}

/** What is there before: two rows. */
const BEFORE: readonly TargetRow[] = [
  [1, 'old', 1],
  [9, 'kept', 9],
];

/** Three batches of two splits, one unit: keys that are there and that are not, keys twice in a batch and over batches, a bad record. */
const BATCHES: readonly (readonly [split: number, seq: number, rows: TargetRow[]])[] = [
  [
    0,
    1,
    [
      [1, 'first', 2],
      [2, 'two', 2],
      [2, 'two again', 3],
    ],
  ],
  [
    1,
    1,
    [
      [1, 'second', 4],
      [5, 'five', 5],
    ],
  ],
  [
    0,
    2,
    [
      [2, 'two at last', 6],
      [1, 'without n', null],
      [7, 'seven', 7],
    ],
  ],
];

async function filled(
  connector: Connector,
  fixture: WriterFixture,
  kind: 'keyed' | 'unique' = 'keyed',
): Promise<TestTarget> {
  const target = await fixture.target(kind);
  await writing(connector, target, {}, async (opened) => {
    await commit(await opened.channel(), opened.batch(0, 1, BEFORE));
  });
  return target;
}

/** Writes BATCHES as one unit, ends both splits, and compares what is there and what each split has counted: written, left alone, dirty. */
async function written(
  connector: Connector,
  fixture: WriterFixture,
  mode: WriteMode,
  expected: { readonly rows: readonly TargetRow[]; readonly counts: readonly (readonly number[])[] },
): Promise<void> {
  const target = await filled(connector, fixture);
  await writing(connector, target, { mode, channels: [0, 0] }, async (opened) => {
    const channel = await opened.channel();
    await commit(channel, ...BATCHES.map(([split, seq, rows]) => opened.batch(split, seq, rows)));
    // A final closes only what balances.
    const moved = await commit(channel, opened.final(0, 3, 6), opened.final(1, 2, 2));
    deepEqual(await target.content(), target.contentOf(expected.rows));
    const counts = moved.map(({ counts: { written: rows, filtered, dirty } }) => [rows, filtered, dirty]);
    deepEqual(counts, expected.counts);
    await opened.writer.finish(opened.plan);
  });
}

/** Rows without `name`. */
const NARROW: RowSchema = {
  ...TARGET_SCHEMA,
  columns: TARGET_SCHEMA.columns.filter(({ name }) => name !== 'name'),
};

/** How rows meet those that are there (D-25), and which key says so. */
export const MODE_CHECKS: readonly ModeCheck[] = [
  {
    id: 'ignore',
    mode: 'ignore',
    promise:
      'ignores a row whose key is there, from before or from an earlier record, and counts it for its split as filtered',
    run: (connector, fixture) =>
      written(connector, fixture, 'ignore', {
        rows: [...BEFORE, [2, 'two', 2], [5, 'five', 5], [7, 'seven', 7]],
        counts: [
          [2, 3, 1],
          [1, 1, 0],
        ],
      }),
  },
  {
    id: 'update',
    mode: 'update',
    promise:
      'updates rows whose key is there, the last record of a key wins; others it counts for their split as filtered',
    run: (connector, fixture) =>
      written(connector, fixture, 'update', {
        rows: [
          [1, 'second', 4],
          [9, 'kept', 9],
        ],
        counts: [
          [1, 4, 1],
          [1, 1, 0],
        ],
      }),
  },
  {
    id: 'replace',
    mode: 'replace',
    promise: 'replaces rows by the key, the last record of a key wins; others stay',
    run: (connector, fixture) =>
      written(connector, fixture, 'replace', {
        rows: [
          [1, 'second', 4],
          [2, 'two at last', 6],
          [5, 'five', 5],
          [7, 'seven', 7],
          [9, 'kept', 9],
        ],
        counts: [
          [5, 0, 1],
          [2, 0, 0],
        ],
      }),
  },
  {
    id: 'replace-whole',
    mode: 'replace',
    promise:
      'gives the columns that the rows do not have their defaults where it replaces, and keeps them where it upserts',
    run: async (connector, fixture) => {
      for (const [mode, name] of [
        ['replace', null],
        ['upsert', 'old'],
      ] as const) {
        const target = await filled(connector, fixture);
        await writing(connector, target, { mode, schema: NARROW }, async (opened) => {
          const rows = opened.batch(0, 1, [[1, null, 7]]);
          await commit(await opened.channel(), rows);
          deepEqual(await target.content(), target.contentOf([[1, name, 7], BEFORE[1]!]));
        });
      }
    },
  },
  {
    id: 'key',
    mode: 'update',
    promise: 'goes by the key that is named, where the table has several',
    run: async (connector, fixture) => {
      const target = await filled(connector, fixture, 'unique');
      const schema = { ...TARGET_SCHEMA, key: ['n'] };
      await writing(connector, target, { mode: 'update', schema }, async (opened) => {
        const rows: TargetRow[] = [
          [20, 'by n', 1],
          [9, 'by id', 5],
        ];
        const [row] = await commit(await opened.channel(), opened.batch(0, 1, rows));
        deepEqual(await target.content(), target.contentOf([[20, 'by n', 1], BEFORE[1]!]));
        deepEqual([row!.counts.written, row!.counts.filtered], [1, 1]);
      });
    },
  },
  {
    id: 'empty',
    mode: 'overwrite',
    promise:
      'writes an empty text as null where the column is no text and emptyAsNull is set, and only there',
    run: async (connector, fixture) => {
      const target = await fixture.target('keyed');
      const parameters = { ...target.parameters, emptyAsNull: true };
      const columns = TARGET_SCHEMA.columns.map((column) =>
        column.name === 'n' ? { ...column, kind: 'string' as const, nullable: true } : column,
      );
      const schema = { ...TARGET_SCHEMA, columns };
      await writing(connector, { ...target, parameters }, { schema }, async (opened) => {
        const builder = new RowBatchBuilder(64);
        for (const [id, n] of [
          [1, '5'],
          [2, ''],
        ] as const) {
          builder.longNumber(id);
          builder.string('');
          builder.string(n);
          builder.endRow();
        }
        await commit(await opened.channel(), opened.batch(0, 1, [], builder.take()));
        deepEqual(await target.content(), target.contentOf([[1, '', 5]]));
        const codes = (await target.dirty(opened.plan.generation)).map(({ index, code }) => [index, code]);
        // The null that it became is refused, not the text.
        deepEqual(codes, [[1, 'SLUICE_TGT_CONSTRAINT']]);
      });
    },
  },
  {
    id: 'key-refused',
    mode: 'update',
    promise: 'refuses to go by columns that are no unique key of the table',
    run: async (connector, fixture) => {
      const target = await fixture.target('keyed');
      for (const mode of connector.spec.capabilities.writeModes.filter((one) => KEYED_MODES.has(one)))
        for (const key of [['n'], ['id', 'n'], []])
          await refuses(
            writing(connector, target, { mode, schema: { ...TARGET_SCHEMA, key } }, async () => undefined),
            'SLUICE_TGT_KEY',
          );
    },
  },
];
