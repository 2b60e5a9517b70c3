import { describe, expect, it } from 'vitest';
import {
  checkDocument,
  connectorTemplates,
  importScript,
  type Json,
  nearest,
  parseText,
  representable,
  taskTemplate,
} from '../src/index.ts';
import { PINNED } from './surroundings.ts';

const connectorOf = (): string => 'mysql';
const check = (document: Json): string[] =>
  checkDocument(document, PINNED, connectorOf).map(({ pointer, code }) => `${pointer} ${code}`);
const base = {
  mode: 'full',
  reader: { dataSource: 'shop', parameters: { table: 'a' } },
  writer: { dataSource: 'dwh', parameters: { table: 'b' } },
};

describe('a task document is checked', () => {
  it('against its schema and the specs of its connectors: each fault with its pointer', () => {
    expect(check(base)).toEqual([]);
    expect(check({ ...base, control: { channels: 0, dirtyLimit: 'none' }, speed: 1 })).toEqual([
      '/control/channels SCRIPT_RANGE',
      '/control/dirtyLimit SCRIPT_TYPE',
      '/speed SCRIPT_UNKNOWN_KEY',
    ]);
    expect(check({ ...base, reader: { dataSource: 'shop', parameters: { tabel: 'a' } } })).toEqual([
      '/reader/parameters/tabel SCRIPT_UNKNOWN_KEY',
      '/reader/parameters/table SCRIPT_REQUIRED',
    ]);
    expect(check({ ...base, write: { mode: 'replace' } })).toEqual([
      '/write/mode SCRIPT_RANGE',
      '/write/mode SCRIPT_UNSUPPORTED',
    ]);
    expect(check({ ...base, mode: 'cdc' })).toEqual(['/mode SCRIPT_UNSUPPORTED']);
    expect(
      check({ ...base, mapping: [{ to: 'a' }, { to: 'b', from: 'x', constant: 1 }, { from: 'y' }] }),
    ).toEqual(['/mapping/0 SCRIPT_REQUIRED', '/mapping/1 SCRIPT_CONFLICT', '/mapping/2/to SCRIPT_REQUIRED']);
    expect(check({ ...base, mapping: 'names' })).toEqual(['/mapping SCRIPT_TYPE']);
    expect(check({ ...base, write: { preSql: ['x'] } })).toEqual(['/write/preSql SCRIPT_UNSUPPORTED']);
    expect(check([1])).toEqual([' SCRIPT_TYPE']);
  });

  it('against what contradicts itself: columns written or read twice, a star among them, a table into itself', () => {
    expect(
      check({
        ...base,
        mapping: [
          { to: 'x', from: 'a' },
          { to: 'x', from: 'b' },
        ],
      }),
    ).toEqual(['/mapping/1/to SCRIPT_COLUMN']);
    expect(
      check({
        ...base,
        reader: { dataSource: 'shop', parameters: { table: 'a', columns: ['x', 'x', '*'] } },
      }),
    ).toEqual(['/reader/parameters/columns/1 SCRIPT_COLUMN', '/reader/parameters/columns/2 SCRIPT_COLUMN']);
    expect(check({ ...base, writer: base.reader })).toEqual(['/writer/parameters SCRIPT_CONFLICT']);
  });

  it('with line, column and a hint for its text', () => {
    const text =
      '{\n  "mode": "full",\n  "reader": { "dataSource": "s", "parameters": { "table": "a", "wheer": "x" } },\n  "writer": { "dataSource": "d", "parameters": {} }\n}';
    const { problems, locate } = importScript(text, { ...PINNED, connectorOf });
    expect(problems.map(({ line, column, pointer, cause }) => [line, column, pointer, cause])).toEqual([
      [3, 64, '/reader/parameters/wheer', 'There is no field wheer. Did you mean where?'],
      [4, 48, '/writer/parameters/table', 'The field table is required.'],
    ]);
    expect(problems[0]!.remedy).toBe('Write where.');
    expect(locate('/writer/parameters')).toEqual({ line: 4, column: 34 });
  });
});

describe('the nearest name', () => {
  it('is at most three edits away, swaps counted once, and never a name that shares nothing', () => {
    expect(nearest('wheer', ['where', 'table'])).toBe('where');
    expect(nearest('writerMode', ['writeMode', 'preSql'])).toBe('writeMode');
    expect(nearest('TABEL', ['table'])).toBe('table');
    expect(nearest('ab', ['xy'])).toBeUndefined();
    expect(nearest('dataSorceName', ['where'])).toBeUndefined();
    expect(nearest('x'.repeat(1e6), ['table'])).toBeUndefined();
  });
});

describe('a wizard', () => {
  const hidden = (document: Json): string[] =>
    representable(document, PINNED, connectorOf).hidden.map(({ pointer }) => pointer);

  it('shows what has a field in its forms', () => {
    const document = {
      ...base,
      mapping: [
        { to: 'a', from: 'b', cast: 'long' },
        { to: 'c', constant: 'x' },
      ],
      write: { mode: 'upsert', truncateFirst: true },
      control: { channels: 2 },
      origin: { dialect: 'datax', reader: 'mysql', writer: 'mysql', keys: { '/entry': {} } },
    };
    expect(representable(document, PINNED, connectorOf)).toEqual({ isRepresentable: true, hidden: [] });
  });

  it('does not show the rest, which is named with its exact path', () => {
    expect(
      hidden({ ...base, mapStage: true, transformers: [{ name: 'dx_pad' }], write: { preSql: ['a', 'b'] } }),
    ).toEqual(['/transformers', '/write/preSql', '/mapStage']);
    expect(
      hidden({
        ...base,
        reader: {
          dataSource: 's',
          parameters: { table: 't', columns: ['a', { name: 'b' }], querySql: 'select 1' },
        },
      }),
    ).toEqual(['/reader/parameters/columns/1', '/reader/parameters/querySql']);
    expect(hidden({ ...base, control: { channels: '${n}' } })).toEqual(['/control/channels']);
    const mapping = [{ to: 'a', expression: 'b + 1' }];
    expect(hidden({ ...base, mapping })).toEqual(['/mapping/0/expression']);
    expect(representable(base, PINNED, () => undefined).hidden.map(({ pointer }) => pointer)).toEqual([
      '/reader',
      '/writer',
    ]);
  });
});

describe('templates', () => {
  const specs = ['mysql', 'csv'].map((name) => PINNED.connector(name)!);

  it.each(specs)('of $name have what is required, and what is optional in comments', (spec) => {
    const { reader, writer } = connectorTemplates(spec);
    for (const [side, template] of [
      ['reader', reader],
      ['writer', writer],
    ] as const) {
      expect(parseText(template!.text).problems).toEqual([]);
      const { parameters } = template!.document as { parameters: Record<string, Json> };
      expect(Object.keys(parameters)).toEqual(spec[side]!.required ?? spec[side]!.oneOf![0]!.required);
      for (const [name, { title }] of Object.entries(spec[side]!.properties))
        expect(template!.text).toMatch(new RegExp(`"${name}": .*// ${title}`));
    }
  });

  it('of a task are none where one end cannot do its part', () => {
    const [mysql] = specs;
    const { writer: _, ...readOnly } = mysql!;
    expect(taskTemplate(mysql!, readOnly)).toBeUndefined();
    expect(connectorTemplates(readOnly).writer).toBeUndefined();
    expect(taskTemplate(readOnly, mysql!)!.document).toMatchObject({
      mode: 'full',
      write: { mode: 'insert' },
    });
  });
});
