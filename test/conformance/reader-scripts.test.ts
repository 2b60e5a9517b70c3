import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectorNames, loadConnector } from '@sluice/connectors';
import {
  checkDocument,
  exportScript,
  importScript,
  type Json,
  type JsonSchema,
  type SourceOf,
} from '@sluice/script';
import { describe, expect, it } from 'vitest';

const schema = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../schemas/task.schema.json'), 'utf8'),
) as JsonSchema;
const SPECS = await Promise.all(connectorNames().map(async (name) => (await loadConnector(name)).spec));
const product = { schema, connector: (name: string) => SPECS.find((spec) => spec.name === name) };

interface Dialect {
  readonly name: 'dataworks-2.0' | 'dataworks-1.0' | 'datax' | 'addax';
  readonly script: (type: string, reader: object, connection: readonly object[]) => object;
}

const writer = { column: ['id', 'day', 'tag'], writeMode: 'insert', preSql: [], postSql: [] };
const setting = { errorLimit: { record: 0 }, speed: { concurrent: 2, channel: 2 } };
const jobWriter = {
  username: 'u',
  column: writer.column,
  connection: [{ jdbcUrl: 'jdbc:postgresql://b:5432/d', table: ['t'] }],
};
/** A job has URLs where scripts have names. */
const urls = (type: string, connection: readonly object[], isList: boolean): object[] =>
  connection.map(({ datasource, ...rest }: { datasource?: string }) => {
    const url =
      type === 'sqlite' ? `jdbc:sqlite:/${datasource}` : `jdbc:${type}://${datasource}:1/${datasource}`;
    return { jdbcUrl: isList ? [url] : url, ...rest };
  });

const DIALECTS: readonly Dialect[] = [
  {
    name: 'dataworks-2.0',
    script: (type, reader, connection) => ({
      type: 'job',
      version: '2.0',
      steps: [
        { category: 'reader', name: 'Reader', stepType: type, parameter: { ...reader, connection } },
        {
          category: 'writer',
          name: 'Writer',
          stepType: 'postgresql',
          parameter: { ...writer, datasource: 'w', table: 't' },
        },
      ],
      setting,
    }),
  },
  {
    name: 'dataworks-1.0',
    script: (type, reader, connection) => ({
      type: 'job',
      version: '1.0',
      configuration: {
        reader: { plugin: type, parameter: { ...reader, connection } },
        writer: { plugin: 'postgresql', parameter: { ...writer, datasource: 'w', table: 't' } },
        setting,
      },
    }),
  },
  {
    name: 'datax',
    script: (type, reader, connection) => ({
      job: {
        setting,
        content: [
          {
            reader: {
              name: `${type}reader`,
              parameter: { username: 'u', ...reader, connection: urls(type, connection, true) },
            },
            writer: { name: 'postgresqlwriter', parameter: jobWriter },
          },
        ],
      },
    }),
  },
  {
    name: 'addax',
    script: (type, reader, connection) => ({
      job: {
        settings: setting,
        content: {
          reader: {
            name: `${type}reader`,
            parameter: { username: 'u', ...reader, connection: urls(type, connection, false) },
          },
          writer: { name: 'postgresqlwriter', parameter: jobWriter },
        },
      },
    }),
  },
];
const TYPES = [
  ['postgresql', 'postgres', 'set work_mem = 65536'],
  ['mysql', 'mysql', 'set session join_buffer_size = 1048576'],
  ['sqlite', 'sqlite', 'pragma cache_size = -65536'],
] as const;
// The reference product has no SQLite.
const CASES = DIALECTS.flatMap((dialect) =>
  TYPES.filter(([type]) => type !== 'sqlite' || dialect.name === 'addax').map(
    ([type, connector, session]) => ({ dialect, name: dialect.name, type, connector, session }),
  ),
);

describe.each(CASES)(
  'a script of $name with a reader of $type',
  ({ dialect, name, type, connector, session }) => {
    /** The import of a reader: everything of it mapped, ready, and the same after an export. */
    function imported(reader: object, connection: readonly object[]) {
      const text = JSON.stringify(dialect.script(type, reader, connection));
      const found = importScript(text, product);
      expect(found.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
      expect(found.report.filter(({ fate }) => fate === 'unsupported')).toEqual([]);
      expect(found.isReady).toBe(true);
      const document = found.document!;
      expect(
        checkDocument(document as unknown as Json, product, (source) =>
          source === 'w' || source === 'd' ? 'postgres' : connector,
        ),
      ).toEqual([]);
      const sourceOf: SourceOf = (wanted) => found.dataSources.find((source) => source.name === wanted);
      const exported = exportScript(document, name, { sourceOf });
      expect(importScript(exported.text, product).document).toEqual(document);
      expect(exported.lost).toEqual([]);
      const fates = Object.fromEntries(
        found.report.map(({ pointer, fate }) => [pointer.split('/').at(-1)!, fate]),
      );
      return { document, fates };
    }

    it('keeps expressions, constants, settings of the session, split column and fetch size', () => {
      const reader = {
        column: ['id', 'current_date', `'x'`],
        splitPk: 'id',
        where: 'id > 1',
        fetchSize: 500,
        session: [session],
        encoding: 'UTF-8',
        mandatoryEncoding: 'UTF-8',
      };
      const { document, fates } = imported(reader, [{ datasource: 'a', table: ['t'] }]);
      expect(document.reader.parameters).toEqual({
        table: 't',
        columns: ['id'],
        expressions: [{ name: 'day', sql: 'current_date' }],
        where: 'id > 1',
        splitKey: 'id',
        fetchSize: 500,
        session: [session],
      });
      expect(document.mapping).toEqual([
        { to: 'id', from: 'id' },
        { to: 'day', from: 'day' },
        { to: 'tag', constant: 'x' },
      ]);
      expect(fates).toMatchObject({
        splitPk: 'mapped',
        fetchSize: 'mapped',
        session: 'mapped',
        mandatoryEncoding: 'ignored',
      });
    });

    it('keeps a query, which stands for columns, filter and split column', () => {
      const more = { column: ['id'], where: 'id > 1', splitPk: 'id' };
      const { document, fates } = imported(more, [
        { datasource: 'a', querySql: ['select 1 as id, 2 as day, 3 as tag'] },
      ]);
      expect(document.reader.parameters).toEqual({ querySql: 'select 1 as id, 2 as day, 3 as tag' });
      expect(fates).toMatchObject({
        querySql: 'mapped',
        column: 'mapped',
        where: 'ignored',
        splitPk: 'ignored',
      });
      const queries = ['select 1 as id, 2 as day, 3 as tag', 'select 4 as id, 5 as day, 6 as tag'];
      expect(imported({}, [{ datasource: 'a', querySql: queries }]).document.reader.parameters).toEqual({
        queries,
      });
    });

    it('keeps tables by patterns, and those of several data sources', () => {
      const reader = { column: ['id', 'day', 'tag'] };
      const one = imported(reader, [{ datasource: 'a', table: ['t_[00-15]', 'u'] }]).document;
      expect(one.reader.parameters).toMatchObject({ tables: ['t_[00-15]', 'u'] });
      const two = imported(reader, [
        { datasource: 'a', table: ['t_[00-15]'] },
        { datasource: 'b', table: ['t_16', 't_17'] },
      ]).document;
      expect(two.reader).toMatchObject({
        dataSource: 'a',
        sources: [
          { dataSource: 'a', tables: ['t_[00-15]'] },
          { dataSource: 'b', tables: ['t_16', 't_17'] },
        ],
      });
      expect(two.reader.parameters).not.toHaveProperty('tables');
    });

    it('says that queries of several data sources are tasks of their own', () => {
      const connection = ['a', 'b'].map((datasource) => ({
        datasource,
        querySql: ['select 1 as id, 2 as day, 3 as tag'],
      }));
      const { problems, isReady } = importScript(
        JSON.stringify(dialect.script(type, {}, connection)),
        product,
      );
      expect(isReady).toBe(false);
      expect(problems).toContainEqual(
        expect.objectContaining({ code: 'SCRIPT_UNSUPPORTED', remedy: 'Make a task of each data source.' }),
      );
    });
  },
);

it('a document has tables among its parameters or sources, and not both', () => {
  const document = (parameters: object, sources?: object): Json =>
    ({
      mode: 'full',
      reader: { dataSource: 'a', parameters, ...(sources === undefined ? {} : { sources }) },
      writer: { dataSource: 'w', parameters: { table: 't' } },
    }) as unknown as Json;
  const faults = (given: Json) =>
    checkDocument(given, product, () => 'mysql').map(({ pointer, code }) => [pointer, code]);
  const sources = [{ dataSource: 'a', tables: ['t'] }];
  expect(faults(document({}, sources))).toEqual([]);
  expect(faults(document({ table: 't' }, sources))).toEqual([['/reader/parameters', 'SCRIPT_CONFLICT']]);
  expect(faults(document({}))).toEqual([['/reader/parameters', 'SCRIPT_REQUIRED']]);
  expect(faults(document({ table: 't', querySql: 'select 1' }))).toEqual([
    ['/reader/parameters', 'SCRIPT_CONFLICT'],
  ]);
});
