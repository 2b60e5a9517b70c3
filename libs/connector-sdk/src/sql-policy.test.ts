import { describe, expect, it } from 'vitest';
import { expandTables, expressionColumns, readerParts } from './reader-parts.ts';
import { sessionSettings } from './session-settings.ts';
import { checkExpression, checkFilter, checkQuery, type FilterSyntax } from './sql-filter.ts';
import { agreedSchema } from './sharded-reader.ts';

const POSTGRES: FilterSyntax = { backslash: 'E', hashComment: false, quotes: `'"`, refused: '$' };
const MYSQL: FilterSyntax = { backslash: 'all', hashComment: true, quotes: `'"\``, refused: '' };
const AT = '/reader/parameters/x';

/** The refusal says code, pointer, what is wrong and what to do. */
function expectRefused(body: () => unknown, place: string, words: string): void {
  expect(body).toThrowError(
    expect.objectContaining({
      code: 'SLUICE_CFG_INVALID',
      place,
      detail: expect.stringContaining(words),
      hint: expect.stringMatching(/^[A-Z].+\.$/),
    }),
  );
}

describe('a query of the user', () => {
  it.each([
    'select 1',
    'SELECT a, b FROM t WHERE c = 1;',
    'with a as (select 1 as n) select n from a',
    '(select 1) union all (select 2)',
    `select 'a; delete from t -- x' as text`,
    `select "into", t.update from t`,
    `select replace(a, 'x', 'y'), insert('a', 1, 2, 'b') from t`,
    'select substring(a from 1 for 3) from t',
    'select count(*) over (partition by a order by b) as n from t',
  ])('is taken when it only reads: %s', (sql) => {
    expect(checkQuery(sql, POSTGRES, AT)).toBe(sql.replace(/;$/, ''));
  });

  it.each([
    ['', 'empty'],
    ['select 1; select 2', 'more than one'],
    ['select 1;;', 'more than one'],
    ['delete from t', 'neither SELECT nor WITH'],
    ['(delete from t)', 'neither SELECT nor WITH'],
    ['truncate table t', 'neither SELECT nor WITH'],
    ['drop table t', 'neither SELECT nor WITH'],
    [`copy t to program 'sh'`, 'neither SELECT nor WITH'],
    ['explain analyze delete from t', 'neither SELECT nor WITH'],
    ['with d as (delete from t returning *) select * from d', 'DELETE'],
    ['with d as (update t set a = 1 returning *) select * from d', 'UPDATE'],
    ['with d as (insert into t values (1) returning *) select * from d', 'INSERT'],
    ['with d as (select 1) merge into t using d on true when matched then do nothing', 'MERGE'],
    ['with d as (select 1) delete from t', 'DELETE'],
    ['select * into u from t', 'INTO'],
    [`select * from t into outfile '/tmp/x'`, 'INTO'],
    ['select * from t for update', 'locks rows'],
    ['select * from (select * from t FOR NO KEY UPDATE) s', 'locks rows'],
    ['select * from t for share', 'locks rows'],
    ['select * from t lock in share mode', 'locks rows'],
    ['select 1 -- x', 'comment'],
    ['select /*! 1 */ 2', 'comment'],
    [`select 'a`, 'open quote'],
    ['select (1', 'leaves a parenthesis open'],
    ['select 1) as q; drop table t; select (1', 'closes a parenthesis'],
    ['select 1) union (select 2', 'closes a parenthesis'],
    ['select $$)$$', 'contains $'],
    ['select 1\0', 'NUL'],
  ])('is refused when it does more, or is more than one: %s', (sql, words) => {
    expectRefused(() => checkQuery(sql, POSTGRES, AT), AT, words);
  });

  it('is read with the quotes and comments of its dialect', () => {
    expect(checkQuery(`select '\\'; delete from t -- ' as x`, MYSQL, AT)).toContain('delete');
    expectRefused(() => checkQuery(`select '\\'; delete from t -- ' as x`, POSTGRES, AT), AT, 'comment');
    expectRefused(() => checkQuery('select 1 # x', MYSQL, AT), AT, 'comment');
    expect(checkQuery(`select data #> '{a}' from t`, POSTGRES, AT)).toContain('#>');
  });
});

describe('a filter and an expression of the user', () => {
  it.each([
    ['', 'empty'],
    ['a; b', 'semicolon'],
    ['a -- b', 'comment'],
    ['1=1) union (select 1', 'closes a parenthesis'],
    ['exists (select 1 from t for update)', 'locks rows'],
    ['exists (select 1 into x)', 'INTO'],
  ])('are refused unless they are one balanced expression that only reads: %s', (sql, words) => {
    expectRefused(() => checkFilter(sql, POSTGRES), '/reader/parameters/where', words);
    expectRefused(() => checkExpression(sql, POSTGRES, AT), AT, words);
  });

  it('may have commas, an expression only within parentheses', () => {
    expect(checkExpression('coalesce(a, b)', POSTGRES, AT)).toBe('coalesce(a, b)');
    expectRefused(() => checkExpression('a, b', POSTGRES, AT), AT, 'more than one');
  });
});

describe('what a reader reads', () => {
  it.each<[parameters: Record<string, unknown>, place: string, words: string]>([
    [{}, 'table', 'neither a table nor a query'],
    [{ table: '', queries: [] }, 'table', 'neither'],
    [{ table: 't', querySql: 'select 1' }, 'querySql', 'Both table and querySql'],
    [{ tables: ['t'], queries: ['select 1'] }, 'queries', 'Both tables and queries'],
    [{ table: 't', tables: ['u'] }, 'tables', 'Both table and tables'],
    [{ table: 7 }, 'table', 'not a text'],
    [{ tables: ['t', 7] }, 'tables', 'not a list of texts'],
    [{ tables: ['t_[1-2]', 't_2'] }, 'tables/1', 'twice'],
    [{ tables: ['t_[3-1]'] }, 'tables/0', 'no range'],
    [{ tables: ['t_[0-9999]'] }, 'tables/0', 'no range'],
    [{ tables: ['t_[0-999]', 'u_[0-99]'] }, 'tables/1', 'more than 1024'],
  ])('is exactly one of its ways: %o', (parameters, place, words) => {
    expectRefused(() => readerParts(parameters), `/reader/parameters/${place}`, words);
  });

  it('is each table of a pattern, with zeros in front where the pattern has them', () => {
    const names = (...patterns: string[]): string[] => expandTables(patterns, AT).map(({ name }) => name);
    expect(names('t_[08-11]')).toEqual(['t_08', 't_09', 't_10', 't_11']);
    expect(names('t[9-10]', 'x')).toEqual(['t9', 't10', 'x']);
    expect(names('d_[0-1].t_[00-01]')).toEqual(['d_0.t_00', 'd_0.t_01', 'd_1.t_00', 'd_1.t_01']);
    expect(names('"t[a]"')).toEqual(['"t[a]"']);
  });

  it.each<[expressions: unknown, place: string, words: string]>([
    ['a + 1', '', 'a list'],
    [['a + 1'], '/0', 'a name and its SQL'],
    [[{ name: 'n' }], '/0', 'a name and its SQL'],
    [[{ name: 'n', sql: '1', type: 'int' }], '/0', 'nothing else'],
    [[{ name: 'id', sql: '1' }], '/0/name', 'two columns id'],
    [
      [
        { name: 'n', sql: '1' },
        { name: 'n', sql: '2' },
      ],
      '/1/name',
      'two columns n',
    ],
  ])('has expressions with names of their own: %o', (expressions, place, words) => {
    const given = { columns: ['id'], expressions };
    expectRefused(() => expressionColumns(given, POSTGRES), `/reader/parameters/expressions${place}`, words);
  });
});

describe('settings of a session', () => {
  const set = { statement: 'set', allowed: new Set(['work_mem', 'optimizer_switch']) } as const;

  it('are made anew from a name of the list and one value', () => {
    expect(
      sessionSettings(
        [`SET work_mem TO '64MB'`, 'set @@session.WORK_MEM=4096;', `set session optimizer_switch='a=on'`],
        set,
      ),
    ).toEqual([
      `set session work_mem = '64MB'`,
      'set session work_mem = 4096',
      `set session optimizer_switch = 'a=on'`,
    ]);
    expect(
      sessionSettings('pragma cache_size = -2000', { statement: 'pragma', allowed: new Set(['cache_size']) }),
    ).toEqual(['pragma cache_size = -2000']);
  });

  it.each([
    ['set timezone = 5', 'may not set timezone'],
    [`set session sql_mode = 'ANSI'`, 'may not set sql_mode'],
    ['set global work_mem = 1', 'not of the form'],
    ['set work_mem = 1, timezone = 5', 'not of the form'],
    ['set work_mem = 1; drop table t', 'not of the form'],
    [`set work_mem = '1' || '2'`, 'not of the form'],
    ['set names utf8', 'not of the form'],
    ['pragma work_mem = 1', 'may not set work_mem with pragma'],
    ['drop table t', 'not of the form'],
    [7, 'not of the form'],
  ])('are refused when they are anything else: %s', (statement, words) => {
    expectRefused(() => sessionSettings([statement], set), '/reader/parameters/session/0', words);
  });
});

describe('tables that are read as one', () => {
  const column = (name: string, more: object = {}) =>
    ({ name, kind: 'long', nullable: false, ...more }) as const;
  const schema = (...columns: readonly ReturnType<typeof column>[]) => ({ name: 't', columns, key: ['id'] });
  const first = { name: 'a', schema: schema(column('id'), column('v', { maxLength: 3, nativeType: 'x' })) };

  it.each([
    [schema(column('id')), 'it has no column v'],
    [schema(column('id'), column('v'), column('w')), 'it has a column w more'],
    [schema(column('v'), column('id')), 'column 1 is v, not id'],
    [schema(column('id'), column('v', { kind: 'string' })), 'column v is string, not long'],
    [schema(column('id', { precision: 3 }), column('v')), 'column id is long(3, 0), not long'],
  ])('are refused when one has other columns, and it is named: %o', (other, why) => {
    expect(() => agreedSchema([first, { name: 'b', schema: other }])).toThrowError(
      expect.objectContaining({ code: 'SLUICE_SRC_SHARD', place: 'b', detail: `b differs from a: ${why}.` }),
    );
  });

  it('have columns that hold the values of all, and no key together', () => {
    const other = schema(column('id', { nullable: true }), column('v', { maxLength: 5, nativeType: 'y' }));
    expect(agreedSchema([first, { name: 'b', schema: other }])).toEqual({
      name: 't',
      columns: [column('id', { nullable: true }), column('v', { maxLength: 5 })],
      key: [],
    });
    expect(agreedSchema([first]).key).toEqual(['id']);
  });
});
