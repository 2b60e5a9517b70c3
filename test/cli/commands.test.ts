import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Command } from 'commander';
import { EXIT_CODES } from '../../services/cli/src/exit-codes.ts';
import { sluice as program } from '../../services/cli/src/program.ts';
import { Served } from '../api/served.ts';
import { begin, type Ended, type Options, sluice } from './sluice.ts';

let served: Served;
let folder: string;
beforeAll(async () => {
  served = await Served.start();
  folder = join(served.home, 'work');
  mkdirSync(folder);
  const database = new DatabaseSync(join(folder, 'shop.db'));
  database.exec(`create table orders (id integer primary key, amount decimal(10,2));
    insert into orders values (1, 10), (2, 20), (3, 'three');
    create table slow (id integer primary key);
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 60000) insert into slow select i from n`);
  database.close();
});
afterAll(() => served.stop());

const on = (args: string, more: Options = {}): Promise<Ended> =>
  sluice(args.split(' '), {
    directory: folder,
    ...more,
    environment: { SLUICE_URL: served.openUrl, ...more.environment },
  });

const json = <T = Record<string, unknown>[]>({ out, code, said }: Ended): T => {
  if (code !== 0) throw new Error(said);
  return JSON.parse(out) as T;
};

function task(name: string, table: string, control: object): string {
  const document = {
    mode: 'full',
    reader: { dataSource: 'shop', parameters: { table } },
    writer: { dataSource: 'warehouse', parameters: { table: `${name}_copy` } },
    control,
  };
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(document));
  return `${name}.json`;
}

describe('sluice ds', () => {
  it('adds a data source of this directory, lists, checks it and shows its tables', async () => {
    const added = await on('ds add shop sqlite:shop.db');
    expect([added.code, added.out]).toEqual([0, expect.stringContaining('added data source shop (sqlite')]);
    const listed = json(await on('ds ls -o json'));
    expect(listed.find(({ name }) => name === 'shop')).toMatchObject({
      config: { path: join(folder, 'shop.db') },
    });
    const checked = await on('ds check shop');
    expect([checked.code, checked.out]).toEqual([0, expect.stringMatching(/^STAGE +OK/)]);
    expect(json(await on('ds tables shop --search ord -o json'))).toMatchObject([{ qualified: 'orders' }]);
    const columns = json<{ columns: object[] }>(await on('ds columns shop orders -o json'));
    expect(columns).toMatchObject({ key: ['id'], columns: [{ name: 'id' }, { name: 'amount', scale: 2 }] });
    const preview = await on('ds preview shop slow --rows 2');
    expect([preview.code, preview.out]).toEqual([0, 'ID\n1\n2\n']);
    expect((await on('ds namespaces shop')).out).toBe('NAMESPACE\nmain\n');
    const again = await on('ds add shop sqlite:other.db');
    expect([again.code, again.said]).toEqual([4, expect.stringContaining('SLUICE_CFG_CONFLICT')]);
    expect((await on('ds add shop sqlite:shop.db --replace')).out).toContain('replaced');
  });

  it('takes a password from a variable or stdin, and neither prints nor stores it', async () => {
    const password = 'hUsh-7731-hush';
    const url = 'postgres://reader@db.invalid:5432/shop';
    const outputs = [
      await on(`ds add one ${url} --password-env PW -o json`, { environment: { PW: password } }),
      await on(`ds add two ${url} --password-stdin`, { input: `${password}\n` }),
      await on('ds ls -o json'),
      await on('ds ls'),
    ];
    for (const { code, out, said } of outputs)
      expect([code, `${out}${said}`.includes(password)]).toEqual([0, false]);
    expect(JSON.parse(outputs[0]!.out)).toMatchObject({ secrets: { password: { set: true } } });
    for (const name of readdirSync(served.home).filter((one) => one.startsWith('sluice.db')))
      expect(readFileSync(join(served.home, name)).includes(password)).toBe(false);
    const opened = await Promise.all(
      ['one', 'two'].map(async (name) => {
        const [row] = (await served.engine.store.dataSources.list({ name })).items;
        return (await served.engine.sources.open(row!.id)).config['password'];
      }),
    );
    expect(opened).toEqual([password, password]);
  });

  it('refuses a password within the URL without repeating it, and a variable that is not set', async () => {
    const refused = await on('ds add three postgres://reader:hUsh-7731@db.invalid/shop');
    expect([refused.code, refused.said]).toEqual([2, expect.stringContaining('--password-env')]);
    expect(refused.said).not.toContain('hUsh');
    const unset = await on('ds add three postgres://reader@db.invalid/shop --password-env NOPE');
    expect([unset.code, unset.said]).toEqual([2, expect.stringContaining('NOPE is not set')]);
  });
});

describe('sluice task', () => {
  it('validates, applies once, says when nothing changed, and lists', async () => {
    const file = task('orders', 'orders', { dirtyLimit: 1 });
    const judged = await on(`task validate ${file} -o json`);
    expect(json<{ verdicts: unknown[] }>(judged).verdicts).toHaveLength(2);
    const applied = async (): Promise<unknown> => json(await on(`task apply ${file} -o json`))[0]!['done'];
    expect(await applied()).toBe('created');
    expect(await applied()).toBe('unchanged');
    task('orders', 'orders', { dirtyLimit: 2 });
    expect(await applied()).toBe('changed');
    const byStdin = await on('task apply - --name again -o json', {
      input: readFileSync(join(folder, file), 'utf8'),
    });
    expect(json(byStdin)[0]).toMatchObject({ name: 'again', done: 'created' });
    expect(json(await on('task ls -o json')).map(({ name }) => name)).toEqual(['orders', 'again']);
  });

  it('runs a task to its end: 0 with the ledger, dirty records named, within the limit', async () => {
    const run = await on('task run orders -o json');
    expect(json<Record<string, unknown>>(run)).toMatchObject({
      state: 'succeeded',
      ledger: { read: 3, written: 2, dirty: 1 },
      dirty: [{ column: 'amount' }],
    });
    expect(json(await on('run ls --task orders -o json'))).toMatchObject([{ state: 'succeeded' }]);
    const { run: id } = json<{ run: string }>(run);
    expect((await on(`run dirty ${id} --counts`)).out).toMatch(/\nSLUICE_SRC_VALUE +amount +dirty +1\n$/);
    expect((await on(`run dirty ${id} --download jsonl`)).out).toMatch(/^\{"id":.*three.*\}\n$/);
    expect((await on(`run replay ${id}`)).out).toBe(
      '1 replayed = 0 written + 0 filtered + 0 written before + 1 still dirty\n',
    );
    expect((await on(`run throttle ${id} --rows-per-second 5`)).out).toBe(`${id} succeeded, 5 rows/s\n`);
    expect((await on('run ls')).out).toMatch(/^RUN +TASK +STATE.*\n.* orders +succeeded/);
  });

  it('ends with 7 when too much is dirty, with 6 when the run fails, and says why', async () => {
    await on(`task apply ${task('strict', 'orders', {})}`);
    const dirty = await on('task run strict');
    expect([dirty.code, dirty.said]).toEqual([7, expect.stringContaining('SLUICE_RUN_DIRTY_LIMIT')]);
    await on(`task apply ${task('absent', 'nothing', {})}`);
    const failed = await on('task run absent');
    expect([failed.code, failed.said]).toEqual([6, expect.stringContaining('SLUICE_SRC_TABLE')]);
    expect(failed.said).toMatch(/cause: .*nothing.*\n {2}remedy: /);
  });

  it('goes on at the server when it is interrupted: 130, and the run id', async () => {
    await on(`task apply ${task('slow', 'slow', { rowsPerSecond: 300 })}`);
    const running = begin(['task', 'run', 'slow'], { environment: { SLUICE_URL: served.openUrl } });
    await running.shows(/Run [0-9a-f-]{36}/);
    running.process.kill('SIGINT');
    const { code, said } = await running.ended;
    expect([code, said]).toEqual([130, expect.stringContaining('The run goes on')]);
    const id = /Run ([0-9a-f-]{36})/.exec(said)![1]!;
    const conflict = await on('task run slow');
    expect([conflict.code, conflict.said]).toEqual([4, expect.stringContaining('SLUICE_RUN_ACTIVE')]);
    expect(conflict.said).toContain(`place:  ${id}`);
    expect((await on(`run stop ${id} --wait`)).out).toBe(`${id} stopped\n`);
    expect(json<{ state: string }>(await on(`run resume ${id} -o json`)).state).toBe('queued');
    const again = await on(`run cancel ${id} --wait`);
    expect([again.code, again.out]).toEqual([0, `${id} cancelled\n`]);
    expect((await on(`run resume ${id}`)).code).toBe(4);
  });
});

describe('mappings on the command line', () => {
  const mapped = {
    mode: 'full',
    parameters: { rate: 2 },
    reader: { dataSource: 'shop', parameters: { table: 'orders' } },
    writer: { dataSource: 'warehouse', parameters: { table: 'mapped' } },
    filter: 'id != 2',
    mapping: [
      { to: 'id', from: 'id' },
      { to: 'gross', expression: 'amount * ${rate}' },
      { to: 'who', expression: "hmacSha256(string(id), secret('pii'))" },
    ],
    control: { dirtyLimit: 1 },
  };

  it('sluice secret keeps a secret from stdin and lists its name only', async () => {
    const set = await on('secret set pii --password-stdin', { input: 'a key of hashes, 1\n' });
    expect([set.code, set.out]).toEqual([0, 'kept secret pii\n']);
    const listed = await on('secret ls -o json');
    expect(json(listed)).toMatchObject([{ name: 'pii' }]);
    expect(listed.out).not.toContain('hashes');
  });

  it('sluice task target-table prints the statement that would make the table, and nothing else on stdout', async () => {
    const shown = await on(`task target-table ${task('made', 'slow', {})}`);
    expect([shown.code, shown.out]).toEqual([
      0,
      'create table "made_copy" ("id" INTEGER not null, primary key ("id"));\n',
    ]);
  });
  it('sluice task dry-run shows what becomes of rows, and names the file where the mapping is wrong', async () => {
    writeFileSync(join(folder, 'mapped.json'), JSON.stringify(mapped));
    const shown = await on('task dry-run mapped.json --param rate=3');
    expect([shown.code, shown.out.split('\n')[0]]).toEqual([
      0,
      expect.stringMatching(/^ROW +OUTCOME +SOURCE +RESULT$/),
    ]);
    expect(shown.out).toMatch(/1 +mapped +id 1, amount 10.00 +id 1, gross 30.00, who [0-9a-f]{64}/);
    expect(shown.out).toMatch(/2 +filtered +id 2, amount 20.00 +-/);
    expect(shown.out).toMatch(/3 +dirty +.*SLUICE_SRC_/);
    writeFileSync(join(folder, 'wrong.json'), JSON.stringify({ ...mapped, filter: 'idd != 2' }));
    const wrong = await on('task dry-run wrong.json');
    expect(wrong.said).toMatch(/place:  wrong\.json:1:\d+ \/filter/);
    expect([wrong.code, wrong.said]).toEqual([2, expect.stringContaining('did you mean id?')]);
  });

  it('sluice task run takes parameters, and refuses those that the task does not declare', async () => {
    await on('task apply mapped.json');
    const run = await on('task run mapped --param rate=5 -o json');
    expect(json<Record<string, unknown>>(run)).toMatchObject({
      ledger: { written: 1, filtered: 1, dirty: 1 },
    });
    const refused = await on('task run mapped --param rat=5');
    expect([refused.code, refused.said]).toEqual([2, expect.stringContaining('Did you mean rate?')]);
    expect((await on('secret rm pii')).out).toBe('deleted secret pii\n');
  });
});

describe('sluice run logs', () => {
  it('follows a run from its first line to its end, as the stored log has it', async () => {
    const [started] = [await on('task run orders --detach')];
    const id = started.out.trim();
    const followed = await on(`run logs ${id} -f -o json`);
    const stored = await on(`run logs ${id} -o json`);
    expect([followed.code, followed.out]).toEqual([0, stored.out]);
    expect(stored.out).toContain('Run succeeded');
    expect((await on(`run logs ${id} --tail 1`)).out).toMatch(/^\S+Z info .*\n$/);
  });
});

describe('a server that restarts', () => {
  it('loses no line for somebody who follows a log, and does not end a command that waits for a run', async () => {
    await on(`task apply ${task('steady', 'slow', { rowsPerSecond: 300 })}`);
    const waiting = begin(['task', 'run', 'steady', '-o', 'json'], {
      environment: { SLUICE_URL: served.openUrl },
    });
    await waiting.shows(/Run [0-9a-f-]{36}/);
    const [run] = (await served.engine.store.runs.list({ descending: true, limit: 1 })).items;
    const following = begin(['run', 'logs', run!.id, '-f', '-o', 'json'], {
      environment: { SLUICE_URL: served.openUrl },
    });
    await following.shows('Run running');
    await served.away(async () => void (await served.engine.runs.control.throttle(run!.id, {}, 'test')));
    const [waited, followed] = await Promise.all([waiting.ended, following.ended]);
    expect(json<{ state: string }>(waited).state).toBe('succeeded');
    const stored = await on(`run logs ${run!.id} -o json`);
    expect([followed.code, followed.out]).toEqual([0, stored.out]);
    expect(stored.out).toContain('Throttle is now');
  });
});

describe('sluice topic', () => {
  it('lists topics and prints the newest batches of a task as JSON lines', async () => {
    const listed = json(await on('topic ls -o json'));
    expect(listed.length).toBeGreaterThan(0);
    expect(listed[0]).toMatchObject({ name: expect.stringMatching(/^sluice\.default\./), channels: 1 });
    const run = json<{ state: string }>(await on('task run orders -o json'));
    expect(run.state).toBe('succeeded');
    const tailed = await on('topic tail orders -n 5 -o json');
    expect(tailed.code).toBe(0);
    const rows = tailed.out
      .split('\n')
      .filter(Boolean)
      .flatMap((line) => (JSON.parse(line) as { rows: unknown[] }).rows);
    expect(JSON.stringify(rows)).toContain('"20.00"');
  });
});

/** The commands below one, each with its whole name. */
function commandsOf(command: Command, name = command.name()): [name: string, command: Command][] {
  return command.commands.flatMap((one) => {
    const whole = `${name} ${one.name()}`;
    return one.commands.length > 0 ? commandsOf(one, whole) : [[whole, one] as [string, Command]];
  });
}

describe('sluice ds rm, task rm and audit', () => {
  it('delete what is not in use, and show who did that', async () => {
    await on('ds add spare sqlite:shop.db');
    writeFileSync(
      join(folder, 'spare.json'),
      readFileSync(join(folder, task('spare', 'orders', {})), 'utf8').replace('shop', 'spare'),
    );
    await on('task apply spare.json');
    const used = await on('ds rm spare');
    expect([used.code, used.said]).toEqual([4, expect.stringContaining('The task spare uses')]);
    expect((await on('task rm spare')).out).toBe('deleted task spare\n');
    expect((await on('ds rm spare')).code).toBe(0);
    expect((await on('ds rm spare')).code).toBe(3);
    const done = json(await on('audit --limit 2 -o json'));
    expect(done.map(({ action, name }) => [action, name])).toEqual([
      ['source.delete', 'spare'],
      ['task.delete', 'spare'],
    ]);
    expect(json(await on('audit --until 2001-01-01 -o json'))).toEqual([]);
    expect(json(await on('run ls --until 2001-01-01 -o json'))).toEqual([]);
    expect((await on('audit --since yesterday')).code).toBe(2);
    expect(json(await on('audit --verify -o json'))).toMatchObject([
      { head: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ]);
  });
});

describe('every command', () => {
  it('has help with a description of each option, and stands in docs/cli.md', async () => {
    const docs = readFileSync(join(import.meta.dirname, '../../docs/cli.md'), 'utf8');
    const all = commandsOf(program());
    expect(all).toHaveLength(35);
    for (const [name, command] of all) {
      expect(command.helpInformation()).toMatch(new RegExp(`^Usage: ${name}`));
      expect([name, command.description()]).not.toEqual([name, '']);
      for (const { flags, description } of command.options)
        expect([flags, description]).not.toEqual([flags, '']);
      expect(docs).toContain(name);
    }
    const { code, out, said } = await on('run logs --help');
    expect([code, said, out.split('\n')[0]]).toEqual([0, '', 'Usage: sluice run logs [options] <id>']);
  });

  it('ends with a code of the table in docs/cli.md', () => {
    const docs = readFileSync(join(import.meta.dirname, '../../docs/cli.md'), 'utf8');
    const rows = Object.values(EXIT_CODES).map(([code, means]) => `| ${code} | ${means} |`);
    expect(docs.split('\n').filter((line) => /^\| \d+ \| /.test(line))).toEqual(rows);
  });

  it('names a mistake in the command line, with the nearest name, and does nothing: 2', async () => {
    const mistakes = [
      ['task run orders --detatch', '--detach'],
      ['task rum orders', 'run'],
      ['run ls --limit none', 'whole number'],
      ['run logs', 'id'],
      ['ds add x sqlite:x.db --password=hUsh-7731', '--password=...'],
      ['ds ls -o xml', 'table, json, ndjson, yaml'],
    ];
    for (const [line, hint] of mistakes) {
      const { code, out, said } = await on(line!);
      expect([line, code, out]).toEqual([line, 2, '']);
      expect(said).toMatch(/^SLUICE_CFG_USAGE: .*\n {2}cause: .*\n {2}remedy: .*\n$/);
      expect(said).toContain(hint);
      expect(said).not.toContain('hUsh');
    }
  });
});
