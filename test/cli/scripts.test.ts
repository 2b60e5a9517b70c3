import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Served } from '../api/served.ts';
import { type Ended, type Options, sluice } from './sluice.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-scripts-'));
const SAMPLES = join(import.meta.dirname, '../../libs/script/test/samples');

let served: Served;
beforeAll(async () => {
  served = await Served.start();
  const database = new DatabaseSync(join(folder, 'shop.db'));
  database.exec(
    `create table items (id integer primary key, label text); insert into items values (1, 'a'), (9, 'b')`,
  );
  database.close();
});
afterAll(() => served.stop());

const on = (args: readonly string[], options: Options = {}): Promise<Ended> =>
  sluice(args, {
    directory: folder,
    ...options,
    environment: { SLUICE_URL: served.openUrl, ...options.environment },
  });

/** A sample in this folder, changed in one place. */
function file(name: string, from = '', to = ''): string {
  copyFileSync(join(SAMPLES, name), join(folder, name));
  if (from !== '')
    writeFileSync(join(folder, name), readFileSync(join(folder, name), 'utf8').replaceAll(from, to));
  return name;
}

describe('sluice task import', () => {
  it('makes a document of a script without a server, says what is odd with file, line and column, and repeats no password', async () => {
    const environment = { SLUICE_URL: 'http://127.0.0.1:1' };
    const [plain, report, yaml, all] = await Promise.all([
      on(['task', 'import', file('v2-tolerant.json')], { environment }),
      on(['task', 'import', file('v2-tolerant.json'), '--report'], { environment }),
      on(['task', 'import', '-', '--format', 'yaml'], {
        environment,
        input: readFileSync(join(SAMPLES, 'datax-plain.json'), 'utf8'),
      }),
      on(['task', 'import', file('datax-plain.json'), '-o', 'json'], { environment }),
    ]);
    expect([plain, report, yaml, all].map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect(JSON.parse(plain.out)).toMatchObject({
      reader: { dataSource: 'billing' },
      write: { mode: 'upsert', truncateFirst: true },
    });
    expect(plain.said).toMatch(/^v2-tolerant\.json:4:18 \/Version: A quote stands behind the value/m);
    expect(report.out).toMatch(
      /^\d+ +\/Steps\/1\/parameter\/Splitpk +mapped +\/reader\/parameters\/splitKey +"id"/m,
    );
    expect(yaml.out).toMatch(/^mode: full\nreader:\n {2}dataSource: shop\n/);
    expect(JSON.parse(all.out)).toMatchObject({
      dialect: 'datax',
      dataSources: [{ name: 'shop' }, { name: 'mart' }],
      isReady: true,
    });
    for (const { out, said } of [yaml, all]) expect(out + said).not.toContain('s3cret');
  });

  it('ends with 2 at a script that cannot be read, at unknown keys in strict mode, and beside a document that cannot run', async () => {
    const [broken, strict, unsupported] = await Promise.all([
      on(['task', 'import', file('v2-no-colon.json')]),
      on(['task', 'import', file('v2-unknown-keys.json'), '--strict']),
      on(['task', 'import', file('v2-odps.json')]),
    ]);
    expect([broken.code, strict.code, unsupported.code]).toEqual([2, 2, 2]);
    expect([broken.out, strict.out]).toEqual(['', '']);
    expect(broken.said).toMatch(
      /place: +v2-no-colon\.json:4:58 \/steps\/0\/stepType\n +cause: .*\n +remedy: Put a colon after the key\.\n/,
    );
    expect(strict.said).toMatch(
      /place: +v2-unknown-keys\.json:15:\d+ .*\n +cause: .*Did you mean writeMode\?/,
    );
    expect(JSON.parse(unsupported.out)).toMatchObject({ reader: { dataSource: 'mc' } });
  });
});

describe('a script of another product', () => {
  it('is imported, its data sources created, applied, run, and exported again', async () => {
    const path = join(folder, 'shop.db');
    writeFileSync(
      join(folder, 'items.json'),
      `// copied from elsewhere
      { "job": { "settings": { "speed": { "channel": 1 }, "errorLimit": { "record": 0 } }, "content": {
        "reader": { "name": "sqlitereader", "parameter": { "column": ["id", "label", "'x'"], "where": "id > 5",
          "connection": [ { "jdbcUrl": "jdbc:sqlite:${path}", "table": ["items"] } ] } },
        "writer": { "name": "sqlitewriter", "parameter": { "column": ["id", "label", "mark"],
          "connection": [ { "jdbcUrl": "jdbc:sqlite:${join(folder, 'target.db')}", "table": ["items"] } ] } } } } }`,
    );
    const target = new DatabaseSync(join(folder, 'target.db'));
    target.exec('create table items (id integer primary key, label text, mark text)');
    const made = await on(['task', 'import', 'items.json', '--add-data-sources']);
    expect([made.code, made.said]).toEqual([
      0,
      expect.stringMatching(/added data source shop_db \(sqlite\)\nadded data source target_db/),
    ]);
    expect((await on(['task', 'validate', 'items.json'])).said).toBe('');
    expect((await on(['task', 'apply', 'items.json'])).code).toBe(0);
    expect((await on(['task', 'run', 'items'])).code).toBe(0);
    expect(target.prepare('select * from items').all()).toEqual([{ id: 9, label: 'b', mark: 'x' }]);
    target.close();
    const exported = await on(['task', 'export', 'items', '--dialect', 'addax']);
    expect(exported.code).toBe(0);
    expect(JSON.parse(exported.out)).toMatchObject({
      job: { content: { reader: { parameter: { column: ['id', 'label', "'x'"], where: 'id > 5' } } } },
    });
    // What comes out goes in again, and nothing changes.
    writeFileSync(join(folder, 'items.json'), exported.out);
    expect((await on(['task', 'apply', 'items.json', '-o', 'json'])).out).toContain('"done":"unchanged"');
  });
});
