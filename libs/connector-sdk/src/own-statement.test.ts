import { SluiceError } from '@sluice/model';
import { describe, expect, it } from 'vitest';
import { ownStatement } from './own-statement.ts';
import type { FilterSyntax } from './sql-filter.ts';

const MYSQL: FilterSyntax = { backslash: 'all', hashComment: true, quotes: `'"\``, refused: '' };
const POSTGRES: FilterSyntax = { backslash: 'E', hashComment: false, quotes: `'"`, refused: '$' };

const on = (text: string, syntax = POSTGRES): string => ownStatement(text, syntax, '/x').on('"s"."t"');

describe('a statement of a task', () => {
  it.each([
    ['truncate @table', 'truncate "s"."t"'],
    ['  Delete from @table where a = 1 ; ', 'Delete from "s"."t" where a = 1'],
    [
      `update @table set a = '@table; -- "' where b = '''@table'`,
      `update "s"."t" set a = '@table; -- "' where b = '''@table'`,
    ],
    ['insert into x select * from @table, "@table"', 'insert into x select * from "s"."t", "@table"'],
    ['delete from @tables where a = @table', 'delete from @tables where a = "s"."t"'],
    ['ANALYZE', 'ANALYZE'],
  ])('%s has the table in the place of @table outside quotes', (text, expected) => {
    expect(on(text)).toBe(expected);
  });

  it.each([
    ['create temp table a (b int)', true],
    ['CREATE LOCAL TEMPORARY TABLE a as select 1', true],
    ['drop temporary table a', true],
    ['drop table if exists pg_temp.a', true],
    ['update a set b = 1', false],
  ])('%s: lives with the session is %s', (text, isOfSession) => {
    expect(ownStatement(text, POSTGRES, '/x').isOfSession).toBe(isOfSession);
  });

  it.each([
    ['', POSTGRES],
    ['select 1', POSTGRES],
    ['with x as (delete from a returning *) select 1', POSTGRES],
    ['create table a (b int)', POSTGRES],
    ['drop table a', POSTGRES],
    ['drop table a, pg_temp.b', POSTGRES],
    ['truncatex', POSTGRES],
    ['grant all on a to b', POSTGRES],
    ['copy a from program $$x$$', POSTGRES],
    ['delete from a; delete from b', POSTGRES],
    ['delete from a -- b', POSTGRES],
    ['delete /* b */ from a', POSTGRES],
    ['delete from a where b = $$ ; $$', POSTGRES],
    [`delete from a where b = 'c`, POSTGRES],
    [`delete from a where b = '\\'; drop table a; --'`, POSTGRES],
    ['drop table pg_temp.b, a', POSTGRES],
    ['drop table "temp".b', POSTGRES],
    ['delete from a # b', MYSQL],
    ['delete from a where b = /*! 1 */', MYSQL],
    [`delete from a where b = '\\\\'; delete from c; '`, MYSQL],
    ['delete from a where b = "\0"x\0', MYSQL],
    [`delete from a where b = '${'x'.repeat(70_000)}'`, MYSQL],
  ])('%s is refused at its place', (text, syntax) => {
    let thrown: unknown;
    try {
      ownStatement(text, syntax, '/write/preSql/3');
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(SluiceError);
    expect(thrown).toMatchObject({ code: 'SLUICE_CFG_INVALID', place: '/write/preSql/3' });
  });
});
