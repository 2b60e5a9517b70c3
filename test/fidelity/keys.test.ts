import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectorForUrl, loadConnector } from '@sluice/connectors';
import { type Engine, startEngine } from '@sluice/standalone';
import { has } from '@sluice/testkit';
import { decodeRows } from '@sluice/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyTable, type Kind, type Place, place } from '../e2e/pairs.ts';
import { EDGES, edgePlace } from './matrix.ts';

/** Types that no index takes as a key, and hstore, whose index has operators of its own names. */
const NO_KEY = /^(json|xml|point|box|hstore)$/;
const LONG = /characters|digits|nines|emoji/;

describe.skipIf(!has('postgres') || !has('mariadb'))('edge values as keys', () => {
  const places: Place[] = [];
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine(mkdtempSync(join(tmpdir(), 'sluice-keys-')));
  });
  afterAll(async () => {
    await engine?.stop();
    for (const at of places) await at.close();
  });
  const opened = async (made: Promise<Place>): Promise<Place> => {
    const at = await made;
    places.push(at);
    return at;
  };

  it('PostgreSQL: reading resumes after any value of any type with exactly the rest', async () => {
    const at = await opened(edgePlace('postgres'));
    const { connector, config } = connectorForUrl(at.url);
    const { openReader } = await loadConnector(connector);
    for (const [n, { type, edges }] of EDGES.postgres.entries()) {
      if (NO_KEY.test(type)) continue;
      const values = edges.filter(({ label, sql }) => !LONG.test(label) && !sql.includes('repeat('));
      const table = `k${n}`;
      await at.run(`create table ${table} (c ${type} primary key)`);
      for (const { sql } of values)
        await at.run(`insert into ${table} values ((${sql})::${type}) on conflict do nothing`);
      const reader = await openReader!(config, { table });
      const { splits, schema } = await reader.plan({ channels: 1 });
      const read = async (from: string | null): Promise<{ rows: unknown[]; positions: string[] }> => {
        const found = { rows: [] as unknown[], positions: [] as string[] };
        const limits = { maxRecords: 1, maxBytes: 1_000_000 };
        for await (const batch of reader.read(splits[0]!, from, {
          limits,
          signal: new AbortController().signal,
        })) {
          found.rows.push(...decodeRows(schema, batch.rows).map(([value]) => String(value)));
          found.positions.push(batch.position!);
        }
        return found;
      };
      const all = await read(null);
      expect(all.rows.length, type).toBe(Number(await at.value(`select count(*) from ${table}`)));
      for (const [i, position] of all.positions.entries())
        expect((await read(position)).rows, `${type} after ${position}`).toEqual(all.rows.slice(i + 1));
      await reader.close();
    }
  });

  const TEXTS = ['', ' ', 'a', 'a ', 'A', 'á', 'a\u0301', 'ss', 'ß', '🚚', '🚛', 'a\t', 'NULL'];
  for (const from of ['postgres', 'sqlite'] as const)
    for (const to of ['postgres', 'mysql', 'sqlite'] satisfies Kind[])
      for (const mode of ['insert', 'upsert'] as const)
        it(`${from} -> ${to}: texts that differ as keys of the source stay apart (${mode})`, async () => {
          const source = await opened(place(from));
          const target = await opened(place(to));
          await source.run(
            `create table t (k ${from === 'sqlite' ? 'text' : 'varchar(20)'} primary key, n integer)`,
          );
          for (const [n, text] of TEXTS.entries()) await source.run(`insert into t values ('${text}', ${n})`);
          const run = await copyTable(engine, source, target, 't', { write: { mode } });
          expect(run.error).toBeUndefined();
          expect(run.counts).toMatchObject({ read: TEXTS.length, written: TEXTS.length, dirty: 0 });
          expect(await target.value('select count(*) from t')).toBe(String(TEXTS.length));
          for (const [n, text] of TEXTS.entries())
            expect(await target.value(`select k from t where n = ${n}`)).toBe(text);
        });
});
