import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { Served } from '../api/served.ts';
import { type Ended, sluice } from './sluice.ts';

let served: Served;
let folder: string;
beforeAll(async () => {
  served = await Served.start();
  folder = join(served.home, 'work');
  mkdirSync(folder);
  shop(join(folder, 'shop.db'), 40_000);
  await on('ds add shop sqlite:shop.db');
  for (const [name, control] of [
    ['few', { dirtyLimit: 1 }],
    ['slow', { dirtyLimit: 1, rowsPerSecond: 500 }],
  ] as const) {
    const document = {
      mode: 'full',
      reader: { dataSource: 'shop', parameters: { table: name === 'few' ? 'few' : 'orders' } },
      writer: { dataSource: 'warehouse', parameters: { table: name } },
      control,
    };
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(document));
  }
  await on('task apply few.json slow.json');
});
afterAll(() => served.stop());

function shop(path: string, rows: number): void {
  const database = new DatabaseSync(path);
  database.exec(`create table orders (id integer primary key, note text);
    with recursive n(i) as (select 1 union all select i + 1 from n where i < ${rows})
    insert into orders select i, 'note: "' || i || '"' from n;
    create table few (id integer primary key, amount decimal(10, 2));
    insert into few values (1, 10), (2, 'two'), (3, 30)`);
  database.close();
}

const on = (args: string): Promise<Ended> =>
  sluice(args.split(' '), { directory: folder, environment: { SLUICE_URL: served.openUrl } });

/** What a program reads of each format: the same value. */
async function inAllFormats(
  args: string,
): Promise<{ json: unknown; ndjson: unknown[]; yaml: unknown; table: string }> {
  const [json, ndjson, yaml, table] = await Promise.all(
    ['json', 'ndjson', 'yaml', 'table'].map((format) => on(`${args} -o ${format}`)),
  );
  for (const { code, said } of [json!, ndjson!, yaml!, table!])
    expect([args, code, said]).toEqual([args, 0, expect.anything()]);
  return {
    json: JSON.parse(json!.out),
    ndjson: ndjson!.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
    yaml: parse(yaml!.out),
    table: table!.out,
  };
}

describe('the format of what is written to stdout', () => {
  it('of a list is one JSON value, one line an item, YAML, or a table: the same things', async () => {
    for (const args of ['ds ls', 'ds check shop', 'task validate few.json']) {
      const { json, ndjson, yaml, table } = await inAllFormats(args);
      const plain = JSON.parse(
        JSON.stringify(json, (key, value: unknown) => (key === 'milliseconds' ? 0 : value)),
      ) as unknown;
      const without = (value: unknown): unknown =>
        JSON.parse(JSON.stringify(value, (key, of: unknown) => (key === 'milliseconds' ? 0 : of)));
      expect(without(ndjson)).toEqual(Array.isArray(plain) ? plain : [plain]);
      expect(without(yaml)).toEqual(plain);
      expect(table).toMatch(/^[A-Z]+ {2,}[A-Z]/);
    }
  });

  it('of a run is its report, and nothing else is there: progress and notes are on stderr', async () => {
    const json = (text: string): unknown => JSON.parse(text);
    const yaml = (text: string): unknown => parse(text);
    for (const [format, read] of [
      ['json', json],
      ['yaml', yaml],
    ] as const) {
      const { code, out, said } = await on(`task run few -o ${format}`);
      expect([code, read(out)]).toMatchObject([
        0,
        { state: 'succeeded', ledger: { read: 3, written: 2, dirty: 1 } },
      ]);
      expect(said).toMatch(/^Run [0-9a-f-]{36}\n$/);
    }
    const copied = await sluice(
      ['copy', 'sqlite:shop.db#few', 'sqlite:copy.db#few', '--dirty-limit', '1', '-o', 'yaml'],
      {
        directory: folder,
        environment: { SLUICE_HOME: join(folder, 'home') },
      },
    );
    expect([copied.code, copied.said, parse(copied.out)]).toMatchObject([0, '', { state: 'succeeded' }]);
  });

  it('of what comes one after another is one line, or one YAML document, each', async () => {
    const [{ id }] = JSON.parse((await on('run ls --task few --limit 1 -o json')).out) as [{ id: string }];
    for (const args of [`run logs ${id} -f`, 'topic tail few']) {
      const lines = (await on(`${args} -o ndjson`)).out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown);
      const documents = parseAllDocuments((await on(`${args} -o yaml`)).out).map(
        (one) => one.toJS() as unknown,
      );
      expect([args, documents]).toEqual([args, lines]);
      expect(lines.length).toBeGreaterThan(0);
    }
  });
});

describe('--timeout', () => {
  it('ends a command that waits with 124 and says that the run goes on, which it does', async () => {
    const waited = await on('task run slow --timeout 1');
    expect([waited.code, waited.out]).toEqual([124, '']);
    expect(waited.said).toMatch(
      /SLUICE_RUN_TIMEOUT: .*\n {2}place: {2}run [0-9a-f-]{36}\n.*\n {2}remedy: The run goes on/,
    );
    const id = /Run ([0-9a-f-]{36})/.exec(waited.said)![1]!;
    const followed = await on(`run logs ${id} -f --timeout 1`);
    expect([followed.code, followed.out]).toEqual([124, expect.stringContaining('Run running')]);
    const [run] = JSON.parse((await on('run ls --task slow -o json')).out) as { id: string; state: string }[];
    expect(run).toMatchObject({ id, state: 'running' });
    expect((await on(`run cancel ${id} --wait --timeout 60`)).code).toBe(0);
  });
});

describe('the line of progress', () => {
  /** The command on a terminal of its own: what it shows there. */
  function onTerminal(
    args: readonly string[],
    environment: Record<string, string>,
  ): Promise<{ code: number; shown: string }> {
    const line = [
      process.execPath,
      '--no-warnings',
      join(import.meta.dirname, '../../services/cli/src/main.ts'),
      ...args,
    ];
    const quoted = line.map((word) => `'${word}'`).join(' ');
    const child = spawn('script', ['-qefc', quoted, '/dev/null'], {
      cwd: folder,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let shown = '';
    child.stdout.on('data', (chunk: Buffer) => (shown += chunk.toString()));
    return new Promise((resolve) => child.once('close', (code) => resolve({ code: code!, shown })));
  }

  const LINE = /running: \d+ rows, \d+ rows\/s, \d+\.\d MB\/s, \d dirty, ETA \d+ s/;

  it('shows rows and bytes a second, what is left and what is dirty, for a run of a server and for a copy', async () => {
    const run = await onTerminal(['task', 'run', 'slow', '--timeout', '3'], { SLUICE_URL: served.openUrl });
    expect([run.code, run.shown]).toEqual([124, expect.stringMatching(LINE)]);
    const args = [
      'copy',
      'sqlite:shop.db#orders',
      'sqlite:copy.db#slow',
      '--rows-per-second',
      '500',
      '--timeout',
      '3',
    ];
    const copied = await onTerminal(args, { SLUICE_HOME: join(folder, 'terminal') });
    expect([copied.code, copied.shown]).toEqual([124, expect.stringMatching(LINE)]);
  });
});
