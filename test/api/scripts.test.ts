import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, Served } from './served.ts';

const sample = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../../libs/script/test/samples', name), 'utf8');

let served: Served;
beforeAll(async () => {
  served = await Served.start();
  const path = join(served.home, 'shop.db');
  const database = new DatabaseSync(path);
  database.exec('create table orders (id integer primary key, note text)');
  database.close();
  for (const name of ['shop', 'dwh'])
    await served.call('POST', '/data-sources', { body: { name, connector: 'sqlite', config: { path } } });
});
afterAll(() => served.stop());

/** Sends a script as it stands. */
async function send(path: string, body: string, type = 'application/json'): Promise<Answer> {
  const answer = await fetch(`${served.openUrl}/api/v1/workspaces/default${path}`, {
    method: 'POST',
    headers: { 'content-type': type },
    body,
  });
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Answer['body'] };
}

type Entry = { pointer: string; line: number; column: number; code: string; detail: string; hint: string };
const errors = ({ body }: Answer): Entry[] => body['errors'] as unknown as Entry[];

describe('POST tasks:import', () => {
  it('answers the document of a script, what became of each key, and which data sources are missing; stores nothing', async () => {
    const before = await served.call('GET', '/tasks');
    const { status, body } = await send('/tasks:import', sample('v2-plain.json'));
    expect([status, body['dialect'], body['isReady']]).toEqual([200, 'dataworks-2.0', true]);
    expect(body['document']).toMatchObject({
      mode: 'full',
      reader: { dataSource: 'shop' },
      control: { channels: 4, dirtyLimit: 10 },
    });
    const report = body['report'] as unknown as { pointer: string; fate: string }[];
    expect(report.find(({ pointer }) => pointer === '/setting/speed/dmu')).toMatchObject({
      fate: 'ignored',
      line: 31,
    });
    // The data sources of that name are there, but of another kind.
    expect(body['problems']).toMatchObject([
      {
        code: 'SCRIPT_DATA_SOURCE',
        cause: 'The data source shop is one of sqlite, and the script says mysql.',
        line: 10,
      },
      { code: 'SCRIPT_DATA_SOURCE', line: 22 },
    ]);
    expect((await served.call('GET', '/tasks')).body).toEqual(before.body);
    const other = await send('/tasks:import', sample('v1-plain.json'));
    const problems = other.body['problems'] as unknown as { code: string; line: number }[];
    expect(problems.map(({ code, line }) => [code, line])).toEqual([
      ['SCRIPT_DATA_SOURCE', 8],
      ['SCRIPT_DATA_SOURCE', 17],
    ]);
  });

  it('takes YAML, comments and a text within JSON', async () => {
    const yaml = await send('/tasks:import', sample('v2-plain.yaml'), 'application/yaml');
    const wrapped = await send('/tasks:import', JSON.stringify({ text: sample('v2-plain.yaml') }));
    const commented = await send('/tasks:import', sample('v2-tolerant.json'));
    expect([yaml, wrapped, commented].map(({ status, body }) => [status, body['format']])).toEqual([
      [200, 'yaml'],
      [200, 'yaml'],
      [200, 'json'],
    ]);
    expect(wrapped.body['document']).toEqual(yaml.body['document']);
  });

  it('answers 400 with line, column and remedy where it stops, and in strict mode for unknown keys too', async () => {
    const broken = await send('/tasks:import', sample('v2-no-colon.json'));
    expect([broken.status, broken.body['code']]).toEqual([400, 'SLUICE_CFG_INVALID']);
    expect(errors(broken)).toEqual([
      expect.objectContaining({
        pointer: '/steps/0/stepType',
        line: 4,
        column: 58,
        code: 'SCRIPT_COLON',
        hint: 'Put a colon after the key.',
      }),
    ]);
    const lenient = await send('/tasks:import', sample('v2-unknown-keys.json'));
    const strict = await send('/tasks:import?strict=true', sample('v2-unknown-keys.json'));
    expect([lenient.status, strict.status]).toEqual([200, 400]);
    expect(errors(strict).map(({ line, code }) => [line, code])).toEqual([
      [9, 'SCRIPT_UNKNOWN_KEY'],
      [15, 'SCRIPT_UNKNOWN_KEY'],
      [18, 'SCRIPT_UNKNOWN_KEY'],
    ]);
  });

  it('never answers a secret of the script, only which ones there are', async () => {
    const { body } = await send('/tasks:import', sample('datax-plain.json'));
    expect(JSON.stringify(body)).not.toContain('s3cret');
    expect(body['dataSources']).toMatchObject([
      { name: 'shop', connector: 'mysql', secrets: ['password'], exists: true },
      { name: 'mart', connector: 'postgres', secrets: ['password'], exists: false },
    ]);
  });

  it.each([
    ['', 'application/json', 400],
    ['   ', 'application/json', 400],
    ['{', 'application/json', 400],
    ['['.repeat(1000), 'application/json', 400],
    [`{"a": "${'x'.repeat(1024 * 1024)}"}`, 'application/json', 400],
    ['{"__proto__": {"a": 1}, "steps": []}', 'application/json', 400],
    ['mode: full', 'text/plain', 415],
    ['mode=full', 'application/x-www-form-urlencoded', 415],
  ])('refuses %.20s as %s', async (text, type, status) => {
    const answer = await send('/tasks:import', text, type);
    const code = status === 415 ? 'SLUICE_CFG_MEDIA_TYPE' : 'SLUICE_CFG_INVALID';
    expect([answer.status, answer.body['code']]).toEqual([status, code]);
  });
});

describe('POST tasks:validate', () => {
  it('judges a script as it judges a document', async () => {
    const document = {
      mode: 'full',
      reader: { dataSource: 'shop', parameters: { table: 'orders' } },
      writer: { dataSource: 'warehouse', parameters: { table: 'o' } },
    };
    const judged = await served.call('POST', '/tasks:validate', { body: document });
    const asText = await served.call('POST', '/tasks:validate', {
      body: { text: `// the same\n${JSON.stringify(document, undefined, 2)}` },
    });
    expect([judged.status, asText.status]).toEqual([200, 200]);
    expect(asText.body).toEqual(judged.body);
  });

  it('says line and column of what is wrong with a text: its form, its parameters, its columns', async () => {
    const at = async (text: string): Promise<unknown> => {
      const answer = await served.call('POST', '/tasks:validate', { body: { text } });
      return [answer.status, errors(answer).map(({ pointer, line, column }) => [pointer, line, column])];
    };
    const lines = (reader: string, more = ''): string =>
      `mode: full\nreader:\n  dataSource: shop\n  parameters:\n    ${reader}\nwriter:\n  dataSource: warehouse\n  parameters:\n    table: o\n${more}`;
    expect(await at('mode: [full')).toEqual([400, [['', 1, 12]]]);
    expect(await at(lines('table: orders', 'control:\n  channels: 0\n'))).toEqual([
      400,
      [['/control/channels', 11, 3]],
    ]);
    expect(await at(lines('table: orders\n    wheer: x'))).toEqual([
      400,
      [['/reader/parameters/wheer', 6, 5]],
    ]);
    expect(await at(lines('table: orders', 'mapping:\n  - to: a\n    from: nothing\n'))).toEqual([
      422,
      [['/mapping/0/from', 12, 5]],
    ]);
    expect(await at(lines('table: orders').replace('shop', 'shoop'))).toEqual([
      404,
      [['/reader/dataSource', 3, 3]],
    ]);
  });

  it('leaves the errors of a document without text as they were', async () => {
    const { status, body } = await served.call('POST', '/tasks:validate', {
      body: { mode: 'full', text: 'x' },
    });
    expect([status, body['code']]).toEqual([400, 'SLUICE_CFG_INVALID']);
    expect(JSON.stringify(body)).not.toContain('"line"');
  });
});

describe('GET tasks/{id}/export', () => {
  it('answers the task in every dialect; imported again it is the same document', async () => {
    const { body: imported } = await send(
      '/tasks:import',
      sample('v2-plain.json')
        .replace('"mysql"', '"sqlite"')
        .replace(/,\s*"splitPk": "id"/, ''),
    );
    const made = await served.call('POST', '/tasks', {
      body: { name: 'imported', document: imported['document'] },
    });
    expect(made.status).toBe(201);
    for (const dialect of ['sluice', 'dataworks-2.0', 'dataworks-1.0', 'datax', 'addax']) {
      const { body } = await served.call(
        'GET',
        `/tasks/${String(made.body['id'])}/export?dialect=${dialect}`,
      );
      const again = await send('/tasks:import', String(body['text']));
      const { origin: _, ...found } = again.body['document'] as unknown as Record<string, unknown>;
      const { origin: __, ...wanted } = imported['document'] as unknown as Record<string, unknown>;
      expect([dialect, again.body['dialect'], found]).toEqual([dialect, dialect, wanted]);
    }
    const yaml = await served.call('GET', `/tasks/${String(made.body['id'])}/export?format=yaml`);
    expect(String(yaml.body['text'])).toMatch(/^mode: full\nreader:\n/);
  });

  it('names what a dialect cannot say, and refuses one that does not exist', async () => {
    const id = await served.task(1, { rowsPerSecond: 5 });
    const { body } = await served.call('GET', `/tasks/${id}/export?dialect=dataworks-2.0`);
    const lost = body['lost'] as unknown as { pointer: string }[];
    expect(lost.map(({ pointer }) => pointer)).toEqual([
      '/reader/dataSource',
      '/writer/dataSource',
      '/mapping',
      '/write/mode',
      '/write/createTable',
      '/control/rowsPerSecond',
    ]);
    expect((await served.call('GET', `/tasks/${id}/export?dialect=sqoop`)).status).toBe(400);
    expect((await served.call('GET', '/tasks/none/export')).status).toBe(404);
  });
});

describe('GET connectors/{name}/templates', () => {
  it('answers a reader, a writer and a whole task that can be imported', async () => {
    const { items } = (await served.call('GET', '/api/v1/connectors')).body;
    for (const { name } of items) {
      const { status, body } = await served.call(
        'GET',
        `/api/v1/connectors/${String(name)}/templates?to=sqlite`,
      );
      const { task } = body as unknown as { task: { text: string } };
      const imported = await send('/tasks:import', task.text);
      expect([name, status, imported.status, imported.body['isReady']]).toEqual([name, 200, 200, true]);
    }
    expect((await served.call('GET', '/api/v1/connectors/nothing/templates')).status).toBe(400);
  });
});
