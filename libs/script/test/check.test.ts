import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { spec as mysql } from '../../connectors/mysql/src/spec.ts';
import { spec as postgres } from '../../connectors/postgres/src/spec.ts';
import { spec as sqlite } from '../../connectors/sqlite/src/spec.ts';
import {
  checkDocument,
  connectorTemplates,
  importScript,
  type Json,
  type JsonSchema,
  nearest,
  parseText,
  representable,
  taskTemplate,
  toJson,
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

  it('in the words of the product: the schema that is published takes what is imported', () => {
    const schema = JSON.parse(
      readFileSync(new URL('../../../schemas/task.schema.json', import.meta.url), 'utf8'),
    ) as JsonSchema;
    const specs = { mysql, postgres, sqlite };
    const real = { schema, connector: (name: string) => specs[name as 'mysql'] };
    const text = readFileSync(new URL('samples/v2-plain.json', import.meta.url), 'utf8');
    const { document } = importScript(text, real);
    expect(checkDocument(document as unknown as Json, real, () => 'mysql')).toEqual([]);
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
  const SPECS = [mysql, postgres, sqlite];

  it.each(SPECS)(
    'of $name have its required fields, and its optional ones in comments that work when they are taken in',
    (spec) => {
      const { reader, writer } = connectorTemplates(spec);
      for (const [side, template] of [
        ['reader', reader],
        ['writer', writer],
      ] as const) {
        expect(parseText(template!.text).problems).toEqual([]);
        // A comment that holds a field becomes one when its slashes go.
        const all = template!.text
          .replace(/^(\s*)\/\/ (".*?),? (\/\/.*)$/gm, '$1$2, $3')
          .replace(/^(\s*"[^"]+": (?:"[^"]*"|\[[^\]]*\]|\S+?)),? (\/\/.*)$/gm, '$1, $2');
        const end = toJson(parseText(all).root!) as { parameters: Record<string, Json> };
        expect(Object.keys(end.parameters).sort()).toEqual(Object.keys(spec[side]!.properties).sort());
        const document = { ...base, [side]: { dataSource: 'x', parameters: end.parameters } };
        const faults = checkDocument(document, { ...PINNED, connector: () => spec }, () => spec.name);
        expect(faults.filter(({ pointer }) => pointer.startsWith(`/${side}/parameters/`))).toEqual([]);
      }
    },
  );

  it.each(SPECS.flatMap((from) => SPECS.map((to) => [from, to] as const)))(
    'of a task from $name can be read and fit the schema',
    (from, to) => {
      const { text, document } = taskTemplate(from, to)!;
      expect(parseText(text).problems).toEqual([]);
      const specs = new Map([from, to].map((spec) => [spec.name, spec]));
      expect(
        checkDocument(
          document,
          { ...PINNED, connector: (name) => specs.get(name) },
          (name) => name.slice(1).split(' ')[0]!,
        ),
      ).toEqual([]);
    },
  );
});
