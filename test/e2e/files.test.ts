import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { connectorNames, loadConnector } from '@sluice/connectors';
import { testRoot } from '@sluice/file-kit/fixture';
import type { TaskDocument } from '@sluice/model';
import { importScript, type JsonSchema } from '@sluice/script';
import { type Engine, startEngine } from '@sluice/standalone';
import { has } from '@sluice/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { edgePlace, edgeTable, EDGES } from '../fidelity/matrix.ts';
import { fileEnd, runTask, tableEnd, type TaskEnd, typesOfTable } from './file-task.ts';
import { fill, fingerprint, type Place, place } from './pairs.ts';

const ROWS = Number(process.env['SLUICE_ROWS'] ?? 50_000);
const ROOT = join(import.meta.dirname, '../..');
const SPECS = await Promise.all(connectorNames().map(async (name) => (await loadConnector(name)).spec));
const PRODUCT = {
  schema: JSON.parse(readFileSync(join(ROOT, 'schemas/task.schema.json'), 'utf8')) as JsonSchema,
  connector: (name: string) => SPECS.find((spec) => spec.name === name),
};
const FORMATS = ['csv', 'jsonl', 'parquet'] as const;

let engine: Engine;
let root: string;
beforeAll(async () => {
  engine = await startEngine(mkdtempSync(join(tmpdir(), 'sluice-files-e2e-')));
  root = testRoot();
});
afterAll(() => engine.stop());

describe.skipIf(!has('postgres'))('PostgreSQL and files', () => {
  let at: Place;
  beforeAll(async () => {
    at = await place('postgres');
    await fill(at, 'orders', ROWS, true);
  });
  afterAll(() => at.close());

  for (const format of FORMATS)
    for (const [path, channels] of [
      [`orders.${format}`, 1],
      [`orders-${format}/`, 4],
    ] as const)
      it(`${format}: a table is equal row by row when it comes back from ${path}, ${channels} channels`, async () => {
        const control = { channels, dirtyLimit: 0 };
        const out = await runTask(engine, tableEnd(at, 'orders'), fileEnd(format, root, path), { control });
        expect(out.error).toBeUndefined();
        expect(out.counts).toMatchObject({ read: ROWS, written: ROWS, dirty: 0 });
        const types = format === 'parquet' ? {} : { types: await typesOfTable(at, 'orders') };
        const table = `back_${format}_${channels}`;
        const back = await runTask(engine, fileEnd(format, root, path, types), tableEnd(at, table), {
          control,
        });
        expect(back.error).toBeUndefined();
        expect(back.counts).toMatchObject({ read: ROWS, written: ROWS, dirty: 0 });
        expect(await fingerprint(at, table)).toBe(await fingerprint(at, 'orders'));
      });

  it('a CSV file is, byte for byte, the one that psql writes', () => {
    const sql = 'copy (select * from orders order by id) to stdout with (format csv, header)';
    const theirs = execFileSync('psql', ['-q', at.url, '-c', "set timezone = 'UTC'", '-c', sql], {
      maxBuffer: 1e9,
    });
    expect(readFileSync(join(root, 'orders.csv')).equals(theirs)).toBe(true);
  });

  it('texts without declared types are cast by the mapping into a table that is there', async () => {
    await at.run('create table typed (like orders including all)');
    const run = await runTask(engine, fileEnd('csv', root, 'orders.csv'), tableEnd(at, 'typed'));
    expect(run.error).toBeUndefined();
    expect(await fingerprint(at, 'typed')).toBe(await fingerprint(at, 'orders'));
  });

  it('a run that is cancelled leaves no file, and one that finds files says so before it writes', async () => {
    const taken = await runTask(engine, tableEnd(at, 'orders'), fileEnd('csv', root, 'orders.csv'));
    expect(taken.error).toMatchObject({ code: 'SLUICE_TGT_EXISTS' });
    const upsert = await runTask(engine, tableEnd(at, 'orders'), fileEnd('csv', root, 'u.csv'), {
      write: { mode: 'upsert' },
    });
    expect(upsert.error).toMatchObject({ code: 'SLUICE_CFG_INVALID' });
    const outside = await runTask(engine, tableEnd(at, 'orders'), fileEnd('csv', '/var', 'x.csv'));
    expect(outside.error).toMatchObject({ code: 'SLUICE_CFG_PATH' });
    expect(readdirSync(root)).not.toContain('u.csv');
  });
});

it('a job of DataX between text files runs as it stands, but for its folders', async () => {
  const text = readFileSync(join(ROOT, 'libs/script/test/samples/datax-text.json'), 'utf8');
  const { document, dataSources, connectors } = importScript(text, PRODUCT);
  for (const folder of ['in', 'out']) mkdirSync(join(root, folder));
  // GBK: the euro sign and two ideographs.
  const second = Buffer.from([0x80, 0xd6, 0xd0, 0xb9, 0xfa]);
  const lines = ['1\ttrue\t', second, '\t2024.02.29\n', '2\tfalse\t"\\N"\t\\N\n', 'x\ttrue\t\t\n'];
  writeFileSync(join(root, 'in/a.txt'), gzipSync(Buffer.concat(lines.map((part) => Buffer.from(part)))));
  const end = (side: 'reader' | 'writer'): TaskEnd => {
    const { dataSource, parameters } = document![side];
    const { config } = dataSources.find(({ name }) => name === dataSource)!;
    const under = { root: join(root, String(config['root']).replace('/srv/', '')) };
    return { connector: connectors[side]!, config: under, parameters };
  };
  const { mapping = 'name', control = {} } = document as TaskDocument;
  const run = await runTask(engine, end('reader'), end('writer'), { mapping, control });
  expect(run.error).toBeUndefined();
  expect(run.counts).toMatchObject({ read: 3, written: 2, dirty: 1 });
  const made = readdirSync(join(root, 'out/ab')).filter((name) => name.startsWith('part-'));
  expect(made.map((name) => readFileSync(join(root, 'out/ab', name), 'utf8'))).toEqual([
    'a|b|c|d|e\n1|true|€中国|2024/02/29|x\n2|false|"\\N"|null|x\n',
  ]);
});

/** Values that become dirty records: PostgreSQL prints large amounts with commas, and takes none from other sources. */
const MONEY = /^-92233720368547758.08$/;
/** Parquet has no infinite dates and decimals, no NaN but of floating numbers, and its days end before 24:00. */
const UNFIT = /^-?infinity$|^NaN$|^24:00:00$|^2942\d\d-/i;

describe.skipIf(!has('postgres'))('every edge value of every type of PostgreSQL', () => {
  for (const format of FORMATS)
    it(`comes back from ${format} exactly, or is a named dirty record`, async () => {
      const at = await edgePlace('postgres');
      try {
        const table = await edgeTable(at, 'edges', EDGES.postgres);
        const control = { channels: 1, dirtyLimit: 1000 };
        const path = `edges.${format}`;
        const out = await runTask(engine, tableEnd(at, 'edges'), fileEnd(format, root, path), { control });
        expect(out.error).toBeUndefined();
        await at.run('create table back (like edges)');
        const types = format === 'parquet' ? {} : { types: await typesOfTable(at, 'edges') };
        const back = await runTask(engine, fileEnd(format, root, path, types), tableEnd(at, 'back'), {
          control,
        });
        expect(back.error).toBeUndefined();
        const changed = await at.value(
          `select coalesce(string_agg(b.id::text, ','), '') from edges e join back b using (id) where e::text is distinct from b::text`,
        );
        expect(changed).toBe('');
        const missing = await at.value(
          `select coalesce(string_agg(id::text, ','), '') from edges where id not in (select id from back)`,
        );
        const labels = missing.split(',').map((id) => labelOf(table, Number(id)));
        const unfit = labels.filter(({ type, label }) => type !== 'T-5' && UNFIT.test(label));
        expect(labels.filter((each) => !unfit.includes(each) && !MONEY.test(each.label))).toEqual([]);
        expect([out.counts!.dirty, back.counts!.dirty]).toEqual([format === 'parquet' ? unfit.length : 0, 1]);
        if (format !== 'parquet') expect(unfit).toEqual([]);
      } finally {
        await at.close();
      }
    });

  function labelOf(
    table: Awaited<ReturnType<typeof edgeTable>>,
    id: number,
  ): { type: string; label: string } {
    const n = table.ids.findIndex((ids) => ids.includes(id));
    const { row, edges } = table.types[n]!;
    return { type: row, label: edges[table.ids[n]!.indexOf(id)]!.label };
  }
});
