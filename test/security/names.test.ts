import { connectorForUrl } from '@sluice/connectors';
import { has } from '@sluice/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Served } from '../api/served.ts';
import { type Kind, type Place, place } from '../e2e/pairs.ts';

let served: Served;
beforeAll(async () => {
  served = await Served.start();
});
afterAll(() => served.stop());

const ODD = [
  '"',
  '`',
  "'",
  ';--',
  '\\',
  'a\nb',
  '1leading',
  'select',
  '😀',
  '%',
  '%s',
  '?',
  '$1',
  ':a',
  '__proto__',
  'constructor',
  'toString',
  'a.b',
  "Robert'); drop table students;--",
  '${x}',
  '{{x}}',
  'a b',
  'tab\there',
  'ÀÉß',
  'id"',
  'название',
  '../up',
  '[a]',
  '*',
  '#',
  '/* */',
];

const quoted = (kind: Kind, name: string): string =>
  kind === 'mysql' ? `\`${name.replaceAll('`', '``')}\`` : `"${name.replaceAll('"', '""')}"`;

/** Names that differ only by case are one column for MariaDB and SQLite; none of these do. */
const PAIRS: readonly (readonly [from: Kind, to: Kind])[] = [
  ['sqlite', 'sqlite'],
  ['postgres', 'postgres'],
  ['mysql', 'mysql'],
  ['postgres', 'mysql'],
  ['mysql', 'sqlite'],
  ['sqlite', 'postgres'],
];

const server = (kind: Kind): 'postgres' | 'mariadb' => (kind === 'mysql' ? 'mariadb' : 'postgres');
const missing = (kind: Kind): boolean => kind !== 'sqlite' && !has(server(kind));

let made = 0;
async function source(at: Place): Promise<string> {
  const { connector, config } = connectorForUrl(at.url);
  const name = `names${++made}`;
  const answer = await served.call('POST', '/data-sources', { body: { name, connector, config } });
  expect([answer.status, answer.body['detail']]).toEqual([201, undefined]);
  return name;
}

async function copy(from: string, to: string, table: string, into: string): Promise<Record<string, unknown>> {
  const document = {
    mode: 'full',
    reader: { dataSource: from, parameters: { table } },
    writer: { dataSource: to, parameters: { table: into } },
  };
  const task = await served.call('POST', '/tasks', { body: { name: `names${++made}`, document } });
  if (task.status !== 201) return task.body;
  const run = await served.call('POST', `/tasks/${task.body['id']}:run`, { headers: { prefer: 'wait=30' } });
  return run.body;
}

/** MariaDB has no characters beyond the basic plane in its names. */
const fitting = (names: readonly string[], ...kinds: readonly Kind[]): string[] =>
  names.filter((name) => !kinds.includes('mysql') || !/[\u{10000}-\u{10ffff}]/u.test(name));

describe.each(PAIRS)('names of tables and columns, %s -> %s', (from, to) => {
  const odd = fitting(ODD, from, to);
  describe.skipIf(missing(from) || missing(to))('', () => {
    let [a, b]: Place[] = [];
    beforeAll(async () => {
      [a, b] = [await place(from), await place(to)];
    });
    afterAll(async () => {
      await a?.close();
      await b?.close();
    });

    it('that are quotes, statements, prototypes or emoji arrive as they are, with their own values (B-23, B-26)', async () => {
      const columns = odd.map((name) => `${quoted(from, name)} varchar(20)`).join(', ');
      const values = odd.map((_, n) => `'value ${n}'`).join(', ');
      await a!.run(`create table ${quoted(from, 'od"d`s')} (id integer primary key, ${columns})`);
      await a!.run(`insert into ${quoted(from, 'od"d`s')} values (1, ${values})`);
      const [source_, target] = [await source(a!), await source(b!)];
      const tables = await served.call('GET', `/data-sources/${await idOf(source_)}/tables?search=od`);
      const table = String(tables.body.items[0]!['qualified']);
      const run = await copy(source_, target, table, 'odd_ones');
      expect([run['state'], run['error']]).toEqual(['succeeded', undefined]);
      for (const [n, name] of odd.entries())
        expect([name, await b!.value(`select ${quoted(to, name)} as v from odd_ones`)]).toEqual([
          name,
          `value ${n}`,
        ]);
    });

    it('of tables are found by what the list says, and nothing else is touched', async () => {
      const [source_, target] = [await source(a!), await source(b!)];
      await a!.run('create table students (id integer primary key)');
      for (const [n, name] of fitting(
        ["Robert'); drop table students;--", 'x"y', 'x`y', 'a.b', '😀 %', '__proto__'],
        from,
      ).entries()) {
        await a!.run(`create table ${quoted(from, name)} (id integer primary key, note varchar(9))`);
        await a!.run(`insert into ${quoted(from, name)} values (${n}, 'n')`);
        const listed = await served.call('GET', `/data-sources/${await idOf(source_)}/tables?limit=1000`);
        const entry = listed.body.items.find((item) => String(item['name']) === name)!;
        const run = await copy(source_, target, String(entry['qualified']), `target_${n}`);
        expect([name, run['state'], run['error']]).toEqual([name, 'succeeded', undefined]);
        expect(await b!.value(`select id from target_${n}`)).toBe(String(n));
      }
      expect(await a!.value('select count(*) from students')).toBe('0');
    });

    it('that are empty, have a NUL or are longer than the server keeps are refused before anything is done (B-23, B-24)', async () => {
      const [source_, target] = [await source(a!), await source(b!)];
      await a!.run('create table plain (id integer primary key)');
      const long = to === 'mysql' ? 'x'.repeat(65) : 'é'.repeat(32);
      for (const table of ['', 'a\0b', ...(to === 'sqlite' ? [] : [long])]) {
        const answer = await copy(source_, target, 'plain', table);
        expect([table, answer['code'] ?? (answer['error'] as { code: string })?.code]).toEqual([
          table,
          'SLUICE_CFG_INVALID',
        ]);
      }
    });
  });
});

async function idOf(name: string): Promise<string> {
  return String((await served.call('GET', `/data-sources?name=${name}`)).body.items[0]!['id']);
}
