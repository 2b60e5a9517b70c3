import { once, type ReaderFixture, SOURCE_TABLES, type TestSource } from '@sluice/connector-sdk/contract';
import { scramble } from './generated-columns.ts';

const NO_TABLES = 'Rows are computed from their id: there is no other key.';

/** Settings, and what `id` then is in every row. */
function source(config: Readonly<Record<string, unknown>>): TestSource {
  return {
    config,
    parameters: { table: 'orders' },
    columns: ['id'],
    rows: async () => Array.from({ length: Number(config['rows']) }, (_, n) => String(n + 1)),
  };
}

export function streamReaderFixture(): ReaderFixture {
  const made = new Set(['a dense integer key', 'an empty table', 'one row']);
  const left = Object.keys(SOURCE_TABLES).filter((title) => !made.has(title));
  return {
    without: {
      ...Object.fromEntries(left.map((title) => [`source: ${title}`, NO_TABLES])),
      filter: 'Nothing evaluates conditions on rows that are generated.',
      rewrite: 'Nobody can change rows that are computed.',
      connections: 'Nothing is connected to.',
      kill: 'There are no sessions.',
      listed: 'Any name is a table.',
      stalled: 'Nothing is waited for but the rate, whose abort has a test of its own.',
    },
    open: async () => undefined,
    close: async () => undefined,
    sources: {
      'a dense integer key': once(async () => {
        const given = source({ rows: 21_000, kinds: 'int', seed: 3 });
        const rows = (await given.rows()).map((id) => `${id}|${scramble(3, 0, Number(id)) | 0}`);
        return { ...given, columns: ['id', 'int'], rows: async () => rows };
      }),
      'an empty table': once(async () => source({ rows: 0 })),
      'one row': once(async () => source({ rows: 1 })),
      'rows in many splits, some of them bad': once(async () => {
        const given = source({ rows: 1000, splits: 7, badEvery: 9, padding: 10, seed: 5 });
        const rows = (await given.rows()).filter((id) => Number(id) % 9 !== 0);
        return { ...given, rows: async () => rows };
      }),
    },
    wide: once(async () => source({ rows: 6000, padding: 2048, kinds: '' })),
    unresumable: async () => source({ rows: 2500, resumable: false }),
    damaged: async () => {
      const given = source({ rows: 9, badEvery: 4 });
      const code = 'SLUICE_SRC_VALUE';
      return {
        ...given,
        rows: async () => ['1', '2', '3', '5', '6', '7', '9'],
        damaged: { 3: code, 7: code },
      };
    },
    refused: {
      column: async () => ({
        config: {},
        parameters: { table: 'orders', columns: ['id', 'nowhere'] },
        codes: ['SLUICE_SRC_COLUMN'],
      }),
      'number of rows': async () => ({
        config: { rows: -1 },
        parameters: { table: 'orders' },
        codes: ['SLUICE_CFG_INVALID'],
      }),
      kind: async () => ({
        config: { kinds: 'int,polygon' },
        parameters: { table: 'orders' },
        codes: ['SLUICE_CFG_INVALID'],
      }),
    },
  };
}
