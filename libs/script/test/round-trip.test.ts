import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DIALECTS,
  type Dialect,
  exportScript,
  importScript,
  type ScriptDocument,
  type SourceOf,
} from '../src/index.ts';
import { PINNED } from './surroundings.ts';

const SOURCES: Readonly<Record<string, { connector: string; config: Record<string, unknown> }>> = {
  shop: { connector: 'mysql', config: { host: 'db-a', port: 3307, database: 'shop', user: 'reader' } },
  dwh: { connector: 'postgres', config: { host: '::1', database: 'data', ssl: 'verify-full' } },
  mart: { connector: 'mysql', config: { host: 'db-a', port: 3307, database: 'shop', user: 'reader' } },
};
const sourceOf: SourceOf = (name) => SOURCES[name];
const TYPES: Readonly<Record<string, string>> = { mysql: 'mysql', postgres: 'postgresql' };

/** Names as databases have them: plain, reserved, with quotes, blanks, signs of other scripts. */
const name = fc.oneof(
  fc.stringMatching(/^[a-z_][a-z0-9_]{0,8}$/),
  fc.constantFrom(
    'order',
    'Name',
    'from',
    'true',
    'null',
    'user',
    'current_date',
    '42',
    'with "quotes"',
    'with `ticks`',
    "it's",
    '价格',
    'a b',
    '*x',
  ),
);
const text = fc
  .oneof(fc.string({ maxLength: 12 }), fc.constantFrom("it's", '\\', '\\\\n', "''", '"', '', ' '))
  .filter((one) => !/\$[{[]/.test(one));
const constant = fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null), fc.constantFrom(0.5, -1.25));

const columns = fc.uniqueArray(name, { minLength: 1, maxLength: 6 });
const mapping = fc.oneof(
  fc.constant({ mapping: 'position' as const, columns: undefined }),
  columns.map((read) => ({ mapping: 'position' as const, columns: read })),
  columns.map((to) => ({ mapping: to.map((one, position) => ({ to: one, position })), columns: undefined })),
  fc
    .tuple(
      columns,
      columns,
      fc.array(constant, { minLength: 6, maxLength: 6 }),
      fc.array(fc.nat(1), { minLength: 6, maxLength: 6 }),
    )
    .map(([read, to, constants, kinds]) => {
      const fields = to.map((one, i) =>
        kinds[i] === 0 ? { to: one, constant: constants[i]! } : { to: one, from: read[i % read.length]! },
      );
      const used = [...new Set(fields.flatMap((field) => ('from' in field ? [field.from] : [])))];
      return { mapping: fields, columns: used.length === 0 ? undefined : used };
    }),
);

/** Documents that a script could have made. */
const document = fc
  .record({
    from: fc.constantFrom('shop', 'dwh'),
    to: fc.constantFrom('dwh', 'mart'),
    table: fc.constantFrom('t', 'public.orders', 'sales.`odd name`'),
    where: fc.option(fc.constantFrom('a > 1', "b = 'x' -- ${no", 'c like "%"'), { nil: undefined }),
    splitKey: fc.option(fc.constantFrom('id'), { nil: undefined }),
    fields: mapping,
    mode: fc.constantFrom('insert', 'upsert', 'replace', 'ignore'),
    truncateFirst: fc.boolean(),
    preSql: fc.constantFrom(undefined, ['delete from x where y = 1', 'select 1']),
    channels: fc.integer({ min: 1, max: 64 }),
    dirtyLimit: fc.integer({ min: -1, max: 1000 }),
    bytes: fc.option(fc.integer({ min: 1, max: 1e9 }), { nil: undefined }),
    rows: fc.option(fc.integer({ min: 1, max: 1e6 }), { nil: undefined }),
    batch: fc.option(fc.integer({ min: 1, max: 5000 }), { nil: undefined }),
  })
  .map((of): ScriptDocument => {
    const some = (values: Record<string, unknown>): Record<string, never> =>
      Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Record<
        string,
        never
      >;
    return {
      mode: 'full',
      reader: {
        dataSource: of.from,
        parameters: some({
          table: of.table,
          columns: of.fields.columns,
          where: of.where,
          splitKey: of.splitKey,
        }),
      },
      writer: { dataSource: of.to, parameters: { table: of.table } },
      mapping: of.fields.mapping as never,
      write: some({
        mode: of.mode,
        createTable: false,
        transactionRecords: of.batch,
        transactionBytes: of.bytes && Math.min(of.bytes, 268_435_456),
        ...(of.truncateFirst ? { truncateFirst: true } : { preSql: of.preSql }),
      }),
      // A limit for each channel of a job is a whole number.
      control: some({
        channels: of.channels,
        dirtyLimit: of.dirtyLimit,
        bytesPerSecond: of.bytes && of.bytes * of.channels,
        rowsPerSecond: of.rows && of.rows * of.channels,
      }),
    };
  });

const meaning = ({ origin: _, ...rest }: ScriptDocument): object => rest;
const foreign = DIALECTS.filter((dialect) => dialect !== 'sluice');

describe('a document', () => {
  it.each(foreign)(
    'is the same after an export to %s and an import, then byte by byte the same script',
    (dialect) => {
      fc.assert(
        fc.property(document, (given) => {
          const exported = exportScript(given, dialect, { sourceOf });
          const imported = importScript(exported.text, PINNED);
          expect(meaning(imported.document!)).toEqual(meaning(given));
          expect(imported.document!.origin).toEqual({
            dialect,
            reader: TYPES[SOURCES[given.reader.dataSource]!.connector],
            writer: TYPES[SOURCES[given.writer.dataSource]!.connector],
          });
          expect(exportScript(imported.document!, dialect, { sourceOf }).text).toBe(exported.text);
          expect(
            importScript(exportScript(imported.document!, dialect, { sourceOf }).text, PINNED).document,
          ).toEqual(imported.document);
        }),
        { numRuns: 60 },
      );
    },
  );

  it('is the same after a way through all dialects, in JSON and YAML', () => {
    fc.assert(
      fc.property(
        document,
        fc.shuffledSubarray([...DIALECTS], { minLength: 2 }),
        fc.boolean(),
        (given, way, isYaml) => {
          let now = given;
          for (const dialect of way)
            now = importScript(
              exportScript(now, dialect, { sourceOf, format: isYaml ? 'yaml' : 'json' }).text,
              PINNED,
            ).document!;
          expect(meaning(now)).toEqual(meaning(given));
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('what a dialect cannot say', () => {
  const base: ScriptDocument = {
    mode: 'full',
    reader: { dataSource: 'shop', parameters: { table: 't', columns: ['a', 'b'] } },
    writer: { dataSource: 'dwh', parameters: { table: 't' } },
    mapping: [{ to: 'a', from: 'a' }],
    write: { mode: 'insert', createTable: false },
    control: { channels: 3, dirtyLimit: 0 },
  };
  const lost = (more: object, dialect: Dialect): string[] =>
    exportScript({ ...base, ...more } as ScriptDocument, dialect, { sourceOf }).lost.map(
      ({ pointer }) => pointer,
    );

  it('is named with its exact path', () => {
    expect(lost({}, 'dataworks-2.0')).toEqual([]);
    expect(lost({ mode: 'cdc', mapStage: true }, 'datax')).toEqual(['/mode', '/mapStage']);
    expect(
      lost(
        {
          mapping: [
            { to: 'a', from: 'a', cast: 'long' },
            { to: 'b', expression: 'a + 1' },
          ],
        },
        'datax',
      ),
    ).toEqual(['/mapping/0/cast', '/mapping/1/expression']);
    expect(
      lost(
        {
          mapping: [
            { to: 'a', position: 1 },
            { to: 'b', position: 7 },
          ],
        },
        'addax',
      ),
    ).toEqual(['/mapping/1/position']);
    expect(lost({ write: { mode: 'overwrite' } }, 'dataworks-1.0')).toEqual([
      '/write/mode',
      '/write/createTable',
    ]);
    expect(
      lost({ write: { mode: 'insert', createTable: false, truncateFirst: true, preSql: ['x'] } }, 'datax'),
    ).toEqual(['/write/truncateFirst']);
    expect(
      lost(
        { control: { channels: 3, bytesPerSecond: 1000, rowsPerSecond: 9, batchBytes: 5 } },
        'dataworks-2.0',
      ),
    ).toEqual(['/control/bytesPerSecond', '/control/rowsPerSecond', '/control/batchBytes']);
    expect(lost({ control: { channels: 3, bytesPerSecond: 1000, rowsPerSecond: 9 } }, 'datax')).toEqual([
      '/control/bytesPerSecond',
    ]);
    expect(lost({ transformers: [{ name: 'dx_pad', column: 'a', paras: [] }] }, 'dataworks-2.0')).toEqual([
      '/transformers',
    ]);
    expect(lost({ filter: 'a > 1', parameters: { day: 1 } }, 'datax')).toEqual([
      '/filter',
      '/parameters/day',
    ]);
    expect(
      lost({ reader: { dataSource: 'elsewhere', parameters: { table: 't' } }, mapping: 'name' }, 'datax'),
    ).toEqual(['/reader/dataSource', '/mapping']);
  });

  it('is not lost where only an import of ours understands it: exact bytes beside megabytes', () => {
    const { text } = exportScript(
      { ...base, control: { channels: 1, dirtyLimit: 0, bytesPerSecond: 1_500_000 } },
      'dataworks-2.0',
      { sourceOf },
    );
    expect(text).toMatch(/"throttle": true[\s\S]*"mbps": 2[\s\S]*"byte": 1500000/);
    expect(importScript(text, PINNED).document!.control).toEqual({
      channels: 1,
      dirtyLimit: 0,
      bytesPerSecond: 1_500_000,
    });
  });
});
