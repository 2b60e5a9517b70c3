import type { Cell } from './rows.ts';

/** A table that a fixture is asked for, in the two types that every store has: 64-bit integers and text. */
export interface SourceTable {
  readonly columns: readonly {
    readonly name: string;
    readonly type: 'integer' | 'text';
    readonly nullable?: boolean;
  }[];
  /** Empty: no key, and nothing unique. */
  readonly key: readonly string[];
  /** The reader's parameter of that name. */
  readonly splitKey?: string;
  readonly rows: () => readonly (readonly Cell[])[];
}

/** So many rows that a table is worth cutting for every connector. */
const LARGE = 21_000;

const LEAST = -(2n ** 63n);
const MOST = 2n ** 63n - 1n;

const table = (
  columns: SourceTable['columns'],
  key: readonly string[],
  rows: () => readonly (readonly Cell[])[],
): SourceTable => ({ columns, key, rows });

const numbered = <T>(count: number, row: (n: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => row(index + 1));

const id = { name: 'id', type: 'integer' } as const;
const text = { name: 'id', type: 'text' } as const;
const v = { name: 'v', type: 'integer' } as const;

/** Letters that collations, escapes and quoting disagree on. */
const PREFIXES = ['B', 'a', 'é', 'Z', "_'", '\\', '%', '"', '\u{1f69a}', 'ß'];

/** What makes splits, positions and their texts go wrong, by title; controls take the first. `v` is unique in each. */
export const SOURCE_TABLES = {
  'the ends of an integer key': table([id, v], ['id'], () =>
    [LEAST, LEAST + 1n, -1, 0, 1, 2n ** 53n + 1n, MOST - 1n, MOST].map((key, n) => [key, n]),
  ),
  'a dense integer key': table([id, v], ['id'], () => numbered(LARGE, (n) => [n, n])),
  'an integer key with gaps, negative and huge values': table([id, v], ['id'], () => [
    ...numbered(LARGE, (n) => [BigInt(n - LARGE / 2) ** 3n * 1_000_003n, n]),
    [LEAST, 0],
    [MOST, -1],
  ]),
  'a text key': table([text, v], ['id'], () =>
    numbered(LARGE, (n) => [`${PREFIXES[n % PREFIXES.length]}${n}`, n]),
  ),
  'a key of three columns': table(
    [{ name: 'a', type: 'integer' }, { name: 'b', type: 'text' }, { name: 'c', type: 'integer' }, v],
    ['a', 'b', 'c'],
    () => numbered(LARGE, (n) => [n % 7, `k${n % 100}`, n, n]),
  ),
  'a split column with nulls': {
    ...table([id, { name: 's', type: 'integer', nullable: true }, v], ['id'], () =>
      numbered(LARGE, (n) => [n, n % 10 === 0 ? null : n % 50, n]),
    ),
    splitKey: 's',
  },
  'texts that are hard to quote as a key': table([text, v], ['id'], () =>
    ['', ' ', 'a', 'A', "'", "''", '\\', "\\'", '"', '`', '%', '\n', '\t', 'ä', '\u{1f69a}', '$1', '?'].map(
      (key, n) => [key, n],
    ),
  ),
  'no key, with equal rows': table([{ ...v, nullable: true }], [], () =>
    numbered(2500, (n) => [n % 4 === 0 ? null : n % 700]),
  ),
  'an empty table': table([id, v], ['id'], () => []),
  'one row': table([id, v], ['id'], () => [[-7, 1]]),
} as const satisfies Record<string, SourceTable>;

export type SourceTitle = keyof typeof SOURCE_TABLES;

/** 12 MiB in rows of 2 KiB: more than a reader may hold, and than a socket holds for it. */
export const WIDE_TABLE = table([id, { name: 'pad', type: 'text' }], ['id'], () => {
  const pad = 'wide'.repeat(512);
  return numbered(6000, (n) => [n, pad]);
});

/** What is done to the table of the dense integer key while it is read. */
export const REWRITE = (name: string): readonly string[] => [
  `update ${name} set v = -v`,
  `delete from ${name} where id % 7 = 0`,
  `insert into ${name} (id, v) values (0, 0), (100000, 100000)`,
];
