import { describe, expect, it } from 'vitest';
import { importScript, type Imported, type Surroundings } from '../src/index.ts';
import { learning, PINNED } from './surroundings.ts';

interface Parts {
  readonly reader?: object;
  readonly writer?: object;
  readonly setting?: object;
  readonly core?: object;
  readonly transformer?: readonly object[];
  readonly types?: readonly [string, string];
}

const READER = { datasource: 'a', table: 't', column: ['id', 'name'] };
const WRITER = { datasource: 'b', table: 'u', column: ['id', 'name'] };
const SETTING = { errorLimit: { record: 0 }, speed: { concurrent: 1 } };

const script = ({ reader = {}, writer = {}, setting = SETTING, types = ['mysql', 'mysql'] }: Parts): string =>
  JSON.stringify({
    type: 'job',
    version: '2.0',
    steps: [
      { category: 'reader', stepType: types[0], parameter: { ...READER, ...reader } },
      { category: 'writer', stepType: types[1], parameter: { ...WRITER, ...writer } },
    ],
    setting,
  });
const job = ({ reader = {}, writer = {}, setting = {}, core, transformer }: Parts): string =>
  JSON.stringify({
    job: {
      setting: { errorLimit: { record: 0 }, ...setting },
      content: [
        {
          reader: { name: 'mysqlreader', parameter: { ...READER, ...reader } },
          writer: { name: 'mysqlwriter', parameter: { ...WRITER, ...writer } },
          ...(transformer === undefined ? {} : { transformer }),
        },
      ],
    },
    ...(core === undefined ? {} : { core: { transport: { channel: { speed: core } } } }),
  });

const read = (text: string, options: Surroundings & { readonly strict?: boolean } = PINNED): Imported =>
  importScript(text, options);
const codes = ({ problems }: Imported): string[] => problems.map(({ code, pointer }) => `${code} ${pointer}`);
const control = (text: string): unknown => read(text).document!.control;

describe('speed and tolerance mean what they mean there', () => {
  it('of a script: mbps counts only with throttle, for the whole run', () => {
    const speed = (of: object): unknown =>
      control(script({ setting: { errorLimit: { record: '7' }, speed: of } }));
    expect(speed({ throttle: true, mbps: '2', concurrent: '3', dmu: 5 })).toEqual({
      dirtyLimit: 7,
      channels: 3,
      bytesPerSecond: 2 * 2 ** 20,
    });
    expect(speed({ throttle: false, mbps: 2, concurrent: 3 })).toEqual({ dirtyLimit: 7, channels: 3 });
    expect(speed({ mbps: 2 })).toEqual({ dirtyLimit: 7, channels: 1 });
    expect(speed({ channel: 4 })).toEqual({ dirtyLimit: 7, channels: 4 });
    expect(
      codes(read(script({ setting: { errorLimit: { record: 0 }, speed: { throttle: true } } }))),
    ).toEqual(['SCRIPT_SPEED /setting/speed/throttle']);
  });

  it('of a job: byte and record make channels by what one channel may do, the smaller number wins, and channel only without them', () => {
    const speed = (of: object, core?: object): unknown =>
      control(job({ setting: { speed: of }, ...(core === undefined ? {} : { core }) }));
    expect(speed({ channel: 5 })).toEqual({ dirtyLimit: 0, channels: 5 });
    expect(speed({ channel: 9, byte: 1000, record: 100 }, { byte: 100, record: 25 })).toEqual({
      dirtyLimit: 0,
      channels: 4,
      bytesPerSecond: 400,
      rowsPerSecond: 100,
    });
    expect(speed({ byte: 50 }, { byte: 100 })).toEqual({ dirtyLimit: 0, channels: 1, bytesPerSecond: 100 });
    expect(speed({ channel: 3 }, { byte: 100 })).toEqual({ dirtyLimit: 0, channels: 3, bytesPerSecond: 300 });
    expect(speed({ channel: 3, byte: -1 }, { byte: -1 })).toEqual({ dirtyLimit: 0, channels: 3 });
    // DataX refuses this one: the limit is taken for the run, and said.
    expect(speed({ channel: 2, byte: 1000 })).toEqual({ dirtyLimit: 0, channels: 2, bytesPerSecond: 1000 });
    expect(codes(read(job({ setting: { speed: { byte: 1000 } } })))).toEqual([
      'SCRIPT_SPEED /job/setting/speed/byte',
    ]);
  });

  it('of dirty records: record wins over percentage, none given means any number and is said', () => {
    const limit = (errorLimit: object): Imported =>
      read(job({ setting: { errorLimit, speed: { channel: 1 } } }));
    expect(limit({ record: 3, percentage: 0.5 }).document!.control).toEqual({ dirtyLimit: 3, channels: 1 });
    expect(codes(limit({ record: 3, percentage: 0.5 }))).toEqual([]);
    expect(codes(limit({ percentage: 0.5 }))).toEqual([
      'SCRIPT_UNSUPPORTED /job/setting/errorLimit/percentage',
    ]);
    expect(limit({}).document!.control).toEqual({ dirtyLimit: -1, channels: 1 });
    expect(codes(limit({}))).toEqual(['SCRIPT_DIRTY_LIMIT /job/setting/errorLimit']);
  });

  it.each([
    [{ concurrent: 0 }, 'SCRIPT_RANGE'],
    [{ concurrent: -1 }, 'SCRIPT_RANGE'],
    [{ concurrent: 1e9 }, 'SCRIPT_RANGE'],
    [{ concurrent: 1.5 }, 'SCRIPT_TYPE'],
    [{ concurrent: 'NaN' }, 'SCRIPT_TYPE'],
    [{ concurrent: { a: 1 } }, 'SCRIPT_TYPE'],
    [{ concurrent: 1, throttle: 'perhaps', mbps: 1 }, 'SCRIPT_TYPE'],
  ])('refuse %j', (speed, code) => {
    const found = read(script({ setting: { errorLimit: { record: 0 }, speed } }));
    expect([found.isReady, found.problems[0]!.code]).toEqual([false, code]);
  });

  it.each([{ record: -1 }, { record: 'many' }, { percentage: 1.5 }, { percentage: -1 }])(
    'refuse the limit %j',
    (errorLimit) => {
      expect(read(script({ setting: { errorLimit, speed: { concurrent: 1 } } })).isReady).toBe(false);
    },
  );
});

describe('columns', () => {
  const fields = (reader: object, writer: object, types?: readonly [string, string]): unknown =>
    read(script({ reader, writer, ...(types === undefined ? {} : { types }) })).document!.mapping;

  it('pair by position: names, constants, numbers, nulls', () => {
    expect(
      fields(
        { column: ['b', "'it''s'", '42', 'null', true, '`order`'] },
        { column: ['1', '2', '3', '4', '5', '6'] },
      ),
    ).toEqual([
      { to: '1', from: 'b' },
      { to: '2', constant: "it's" },
      { to: '3', constant: 42 },
      { to: '4', constant: null },
      { to: '5', constant: true },
      { to: '6', from: 'order' },
    ]);
  });

  it('are names between double quotes, but a text for MySQL; PostgreSQL folds names without quotes', () => {
    expect(fields({ column: ['"X"'] }, { column: ['a'] })).toEqual([{ to: 'a', constant: 'X' }]);
    expect(
      fields({ column: ['"X"', 'Yy'] }, { column: ['Aa', '"Bb"'] }, ['postgresql', 'postgresql']),
    ).toEqual([
      { to: 'aa', from: 'X' },
      { to: 'Bb', from: 'yy' },
    ]);
  });

  it('are all with a star: by position then', () => {
    expect(fields({ column: ['*'] }, { column: '*' })).toBe('position');
    expect(fields({ column: ['*'] }, { column: ['x', 'y'] })).toEqual([
      { to: 'x', position: 0 },
      { to: 'y', position: 1 },
    ]);
    const listed = read(script({ reader: { column: ['x', 'y'] }, writer: { column: ['*'] } })).document!;
    expect([listed.mapping, listed.reader.parameters['columns']]).toEqual(['position', ['x', 'y']]);
  });

  it.each([
    [{ column: ['a', '*'] }, {}, 'SCRIPT_COLUMN /steps/0/parameter/column/1'],
    [{ column: ['a'] }, {}, 'SCRIPT_COLUMNS /steps/1/parameter/column'],
    [{}, { column: ['a', 'a'] }, 'SCRIPT_COLUMN /steps/1/parameter/column/1'],
    [{ column: [] }, {}, 'SCRIPT_REQUIRED /steps/0/parameter/column'],
    [{ column: ["'x'", 'a'] }, { column: ['*'] }, 'SCRIPT_COLUMNS /steps/1/parameter/column'],
    [{ column: ['a', { index: 0 }] }, {}, 'SCRIPT_COLUMN /steps/0/parameter/column/1'],
    [{ column: ['a', 'now()'] }, {}, 'SCRIPT_UNSUPPORTED /steps/0/parameter/column/1'],
  ])('%j and %j: %s', (reader, writer, expected) => {
    const found = read(script({ reader, writer }));
    expect([codes(found), found.isReady]).toEqual([[expected], false]);
  });
});

describe('writing', () => {
  const write = (writer: object): unknown => read(script({ writer })).document!.write;

  it.each([
    ['insert', 'insert'],
    ['INSERT INTO', 'insert'],
    ['replace into', 'replace'],
    ['update', 'upsert'],
    ['on  duplicate key update', 'upsert'],
    ['insert ignore', 'ignore'],
  ])('%s is %s', (writeMode, mode) => {
    expect(write({ writeMode })).toEqual({ createTable: false, mode });
  });

  it('empties the table when preSql does nothing but that', () => {
    for (const preSql of ['truncate table @table', ['TRUNCATE u;'], ['delete from u']])
      expect(write({ preSql })).toEqual({ createTable: false, mode: 'insert', truncateFirst: true });
    for (const preSql of [['truncate other'], ['delete from u where x = 1'], ['truncate u', 'select 1']])
      expect(write({ preSql })).toEqual({ createTable: false, mode: 'insert', preSql });
  });
});

describe('what the engine does not have yet', () => {
  it('stays in the document as an error where rows would differ, and is left out with a warning where only time would', () => {
    const text = script({ reader: { session: ["set time_zone = '+00:00'"], fetchSize: 100 } });
    const found = read(text);
    expect(found.document!.reader.parameters).toEqual({
      table: 't',
      columns: ['id', 'name'],
      session: ["set time_zone = '+00:00'"],
    });
    expect(found.document!.origin!.keys).toEqual({ '/reader/parameter/fetchSize': 100 });
    expect(found.problems.map(({ severity, code }) => [severity, code])).toEqual([
      ['error', 'SCRIPT_UNSUPPORTED'],
      ['warning', 'SCRIPT_NO_EFFECT'],
    ]);
  });

  it('is mapped from the day on which the spec of the connector has it', () => {
    const text = script({ reader: { fetchSize: '100' } });
    const fate = (options: Surroundings): unknown => {
      const { report, document } = read(text, options);
      return [
        report.find(({ pointer }) => pointer.endsWith('fetchSize'))!.fate,
        document!.reader.parameters['fetchSize'],
      ];
    };
    expect(fate(PINNED)).toEqual(['unsupported', undefined]);
    expect(fate(learning('fetchSize', { type: 'integer', title: 'Rows at once' }))).toEqual(['mapped', 100]);
  });
});

describe('unknown keys', () => {
  it('name the nearest known one, are kept for the way back, and are errors when that is asked for', () => {
    const text = script({ writer: { writerMode: 'replace', xyz: { a: [1] } } });
    const found = read(text);
    expect(found.isReady).toBe(true);
    expect(found.document!.origin!.keys).toEqual({
      '/writer/parameter/writerMode': 'replace',
      '/writer/parameter/xyz': { a: [1] },
    });
    expect(
      found.report
        .filter(({ code }) => code === 'SCRIPT_UNKNOWN_KEY')
        .map(({ pointer, nearest }) => [pointer, nearest]),
    ).toEqual([
      ['/steps/1/parameter/writerMode', 'writeMode'],
      ['/steps/1/parameter/xyz', undefined],
      ['/steps/1/parameter/xyz/a', undefined],
    ]);
    const strict = read(text, { ...PINNED, strict: true });
    expect([strict.isReady, codes(strict)]).toEqual([
      false,
      ['SCRIPT_UNKNOWN_KEY /steps/1/parameter/writerMode', 'SCRIPT_UNKNOWN_KEY /steps/1/parameter/xyz'],
    ]);
  });
});

describe('transformers', () => {
  it('name columns of the source by the place in the record, constants counted', () => {
    const found = read(
      job({
        reader: { column: ['id', "'x'", 'name'] },
        writer: { column: ['a', 'b', 'c'] },
        transformer: [{ name: 'dx_pad', parameter: { columnIndex: '2', paras: ['l', 4, ' '] } }],
      }),
    );
    expect((found.document as unknown as { transformers: unknown }).transformers).toEqual([
      { name: 'dx_pad', column: 'name', paras: ['l', '4', ' '] },
    ]);
  });

  it.each([
    [{ name: 'dx_substr', parameter: { columnIndex: 1 } }, 'SCRIPT_COLUMN'],
    [{ name: 'dx_substr', parameter: { columnIndex: 9 } }, 'SCRIPT_COLUMN'],
    [{ name: 'dx_groovy', parameter: { code: 'return record;' } }, 'SCRIPT_CODE'],
    [{ parameter: {} }, 'SCRIPT_REQUIRED'],
  ])('%j is refused: %s', (transformer, code) => {
    const found = read(job({ reader: { column: ['id', "'x'"] }, transformer: [transformer] }));
    expect(found.problems.map((problem) => problem.code)).toContain(code);
  });
});

describe('secrets', () => {
  it('of a script reach neither document, report nor problems: only the data source they belong to', () => {
    const canary = 'c4n4ry-s3cret';
    const text = JSON.stringify({
      job: {
        setting: { speed: { channel: 1 } },
        content: [
          {
            reader: {
              name: 'mysqlreader',
              parameter: {
                username: 'u',
                password: canary,
                column: ['*'],
                hint: `x?password=${canary}`,
                apiToken: canary,
                nested: { secretKey: canary, open: 1, list: [{ accessKey: canary }] },
                connection: [
                  {
                    jdbcUrl: [`jdbc:mysql://h/d?password=${canary}`, `jdbc:mysql://u:${canary}@h/d`],
                    table: ['t'],
                  },
                ],
              },
            },
            writer: { name: 'odpswriter', parameter: { accessKey: canary, table: 't', column: ['a'] } },
          },
        ],
      },
    });
    const { secrets, ...rest } = read(text);
    expect(JSON.stringify({ ...rest, secrets })).not.toContain(canary);
    expect([...secrets]).toEqual([['d', { password: canary }]]);
    expect(rest.document!.origin!.keys).toMatchObject({
      '/reader/parameter/nested': { open: 1, list: [{}] },
    });
  });
});

describe('a JDBC URL', () => {
  const source = (url: string): unknown => {
    const end = { datasource: undefined, connection: [{ jdbcUrl: url, table: ['t'] }] };
    return read(job({ reader: end, setting: { speed: { channel: 1 } } })).dataSources[0]?.config;
  };

  it('becomes the settings of a data source', () => {
    expect(source('jdbc:mysql://db:3307/shop?user=me&sslMode=VERIFY_IDENTITY&x=1')).toEqual({
      host: 'db',
      port: 3307,
      database: 'shop',
      user: 'me',
      ssl: 'verify-full',
    });
    expect(source('jdbc:mysql://[::1]/a%20b')).toEqual({ host: '::1', database: 'a b' });
    expect(source('jdbc:mysql:/db/shop')).toBeUndefined();
    expect(source('jdbc:mysql://db1,db2/shop')).toBeUndefined();
  });
});
