import { describe, expect, it } from 'vitest';
import { exportScript, importScript, type Imported } from '../src/index.ts';
import { PINNED } from './surroundings.ts';

const job = (reader: object, writer: object = {}): string =>
  JSON.stringify({
    job: {
      setting: { errorLimit: { record: 0 }, speed: { channel: 1 } },
      content: [
        {
          reader: {
            name: 'txtfilereader',
            parameter: { path: '/in/a.csv', column: [{ index: 0 }, { index: 1, type: 'LONG' }], ...reader },
          },
          writer: {
            name: 'txtfilewriter',
            parameter: { path: '/out', fileName: 'a', writeMode: 'append', ...writer },
          },
        },
      ],
    },
  });
const read = (reader: object, writer: object = {}): Imported => importScript(job(reader, writer), PINNED);
const codes = ({ problems }: Imported): string[] =>
  problems.map(({ code, pointer }) => `${code} ${pointer.split('/').slice(4).join('/')}`);
const parameters = (found: Imported, side: 'reader' | 'writer'): unknown => found.document![side].parameters;

/** What comes back of it. */
const parameterOf = (found: Imported): Record<string, unknown> => {
  const { value, lost } = exportScript(found.document!, 'datax', {
    sourceOf: (name) => found.dataSources.find((source) => source.name === name),
  });
  expect(lost).toEqual([]);
  return (value as never as { job: { content: [{ reader: { parameter: Record<string, unknown> } }] } }).job
    .content[0].reader.parameter;
};

describe('the CSV library of DataX', () => {
  it.each([
    [{ useTextQualifier: false }, { quote: '' }, { fileFormat: 'text' }],
    [{ textQualifier: "'" }, { quote: "'" }, { csvReaderConfig: { textQualifier: "'" } }],
    [{ textQualifier: 39 }, { quote: "'" }, { csvReaderConfig: { textQualifier: "'" } }],
    [{ useTextQualifier: 'true', escapeMode: 2 }, { escape: '\\' }, { fileFormat: 'csv' }],
    [{ escapeMode: 1 }, {}, { csvReaderConfig: { escapeMode: 1 } }],
    [{ recordDelimiter: '\n', safetySwitch: true }, {}, { fileFormat: 'csv' }],
  ])('%j becomes %j, and %j on the way back', (csvReaderConfig, expected, back) => {
    const found = read({ csvReaderConfig });
    expect(codes(found)).toEqual([]);
    expect(parameters(found, 'reader')).toMatchObject(expected);
    expect(parameterOf(found)).toMatchObject(back);
  });

  it.each([
    [{ skipEmptyRecords: false }, 'SCRIPT_NO_EFFECT skipEmptyRecords', true],
    [{ trimWhitespace: true }, 'SCRIPT_NO_EFFECT trimWhitespace', true],
    [{ useComments: true }, 'SCRIPT_UNSUPPORTED useComments', false],
    [{ recordDelimiter: ';' }, 'SCRIPT_UNSUPPORTED recordDelimiter', false],
    [{ escapeMode: 3 }, 'SCRIPT_RANGE escapeMode', false],
    [{ useTextQualifer: true }, 'SCRIPT_UNKNOWN_KEY useTextQualifer', true],
  ])('%j: %s', (csvReaderConfig, said, isReady) => {
    const found = read({ csvReaderConfig });
    expect(codes(found).map((text) => text.replace(/ \S*\//, ' '))).toEqual([said]);
    expect(found.isReady).toBe(isReady);
  });
});

describe('what is not read or written is said when the job is imported', () => {
  it.each(['gzip', 'ZSTD', 'none', ''])('%j is recognised in the file', (compress) => {
    expect(codes(read({ compress }))).toEqual([]);
  });

  it.each(['bzip2', 'zip', 'lzo', 'hadoop-snappy'])('%s is not', (compress) => {
    expect(read({ compress }).problems).toMatchObject([
      { code: 'SCRIPT_UNSUPPORTED', cause: expect.stringContaining(compress), severity: 'error' },
    ]);
  });

  it.each([
    ['GB2312', 'gbk'],
    ['UTF8', 'utf-8'],
    ['ISO-8859-1', 'latin1'],
    [' Gbk ', 'gbk'],
  ])('the encoding %s is our %s', (encoding, ours) => {
    expect(parameters(read({ encoding }), 'reader')).toMatchObject({ encoding: ours });
  });

  it('a suffix says nothing about rows, a file format that is no text has no connector', () => {
    expect(read({}, { suffix: '.txt' }).report).toContainEqual(
      expect.objectContaining({ pointer: '/job/content/0/writer/parameter/suffix', fate: 'ignored' }),
    );
    expect(codes(read({}, { fileFormat: 'sql' }))).toContain('SCRIPT_CONNECTOR writer/name');
    expect(codes(read({ fileFormat: 'binary' }))).toContain('SCRIPT_CONNECTOR reader/name');
  });
});

it('dates and booleans are written as a job means them', () => {
  const found = read({}, { dateFormat: 'yyyyMMdd', header: ['x', 'y'] });
  expect(parameters(found, 'writer')).toMatchObject({
    dateFormat: 'yyyyMMdd',
    booleans: 'true/false',
    header: true,
  });
  expect(found.report).toContainEqual(
    expect.objectContaining({ fate: 'defaulted', became: '/writer/parameters/booleans' }),
  );
});

it('a job cannot say what a document has beyond it', () => {
  const { document, dataSources } = read({});
  const losses = (side: 'reader' | 'writer', more: object, connector = 'csv'): string[] => {
    const changed = {
      ...document!,
      [side]: { ...document![side], parameters: { ...document![side].parameters, ...more } },
    };
    const sourceOf = (name: string): unknown => ({
      ...dataSources.find((one) => one.name === name),
      connector,
    });
    return exportScript(changed as typeof changed & NonNullable<typeof document>, 'datax', {
      sourceOf: sourceOf as never,
    }).lost.map(({ pointer }) => pointer);
  };
  expect(losses('writer', { booleans: '1/0' })).toEqual(['/writer/parameters/booleans']);
  expect(losses('reader', { escape: '!' })).toEqual(['/reader/parameters/escape']);
  expect(losses('reader', {}, 'jsonl')).toEqual(
    expect.arrayContaining(['/reader/dataSource', '/writer/dataSource']),
  );
});
