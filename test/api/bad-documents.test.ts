import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Served } from './served.ts';

let served: Served;
let document: Document;
beforeAll(async () => {
  served = await Served.start();
  const task = await served.task(3);
  document = (await served.call('GET', `/tasks/${task}`)).body['document'] as unknown as Document;
});
afterAll(() => served.stop());

interface Document {
  readonly mode: string;
  readonly reader: { readonly dataSource: string; readonly parameters: Record<string, unknown> };
  readonly writer: { readonly dataSource: string; readonly parameters: Record<string, unknown> };
  readonly [part: string]: unknown;
}

let made = 0;

/** Status and the places at fault, of a document that is given as a task. */
async function outcome(changed: unknown): Promise<{ status: number; pointers: string[] }> {
  const body = { name: `bad${++made}`, document: changed };
  const answer = await served.call('POST', '/tasks', { body });
  const errors = (answer.body['errors'] ?? []) as unknown as { pointer: string }[];
  return { status: answer.status, pointers: errors.map(({ pointer }) => pointer) };
}

const refused = async (changed: unknown, pointer: string): Promise<void> =>
  expect(await outcome(changed)).toEqual({ status: 400, pointers: expect.arrayContaining([pointer]) });

describe('a task document is refused at the place that is wrong', () => {
  it('with a field, a mode or a part that nobody knows; without a reader or a writer (B-31, B-32)', async () => {
    await refused({ ...document, nonsense: 1 }, '/document/nonsense');
    await refused({ ...document, mode: 'sideways' }, '/document/mode');
    await refused({ ...document, control: { chanels: 1 } }, '/document/control/chanels');
    const { reader: _, ...headless } = document;
    await refused(headless, '/document/reader');
    const { writer: __, ...tailless } = document;
    await refused(tailless, '/document/writer');
    await refused({ ...document, reader: [document.reader, document.reader] }, '/document/reader');
    for (const none of [null, [], 'text', 7, {}]) expect((await outcome(none)).status).toBe(400);
  });

  it('with parameters that the connector does not have or that are of another type', async () => {
    const reader = (parameters: object): object => ({
      ...document,
      reader: { ...document.reader, parameters: { ...document.reader.parameters, ...parameters } },
    });
    for (const [parameters, name] of [
      [{ tabel: 'x' }, 'tabel'],
      [{ table: '' }, 'table'],
      [{ table: { toString: 'orders' } }, 'table'],
      [{ table: ['orders'] }, 'table'],
      [{ columns: 'id' }, 'columns'],
      [{ password: 'canary' }, 'password'],
    ] as const)
      await refused(reader(parameters), `/document/reader/parameters/${name}`);
  });

  it('with numbers that make no sense: channels, rates, limits (B-38, B-39)', async () => {
    for (const [control, name] of [
      ...[0, -1, 1.5, 1e9, 'many', null, Number.MAX_VALUE].map(
        (channels) => [{ channels }, 'channels'] as const,
      ),
      ...[0, -5, 'fast'].map((rowsPerSecond) => [{ rowsPerSecond }, 'rowsPerSecond'] as const),
      ...[-2, 1.5, 'some'].map((dirtyLimit) => [{ dirtyLimit }, 'dirtyLimit'] as const),
    ])
      await refused({ ...document, control }, `/document/control/${name}`);
    expect((await outcome({ ...document, control: { channels: 8, dirtyLimit: -1 } })).status).toBe(201);
  });

  it('with keys that lead to prototypes, wherever they stand (B-41)', async () => {
    for (const text of [
      '"__proto__":{"x":1}',
      '"constructor":{"prototype":{"x":1}}',
      '"reader":{"__proto__":{}}',
      '"a":[{"__proto__":1}]',
    ]) {
      const answer = await fetch(`${served.openUrl}/api/v1/workspaces/default/tasks`, {
        method: 'POST',
        body: `{"name":"p","document":{${text}}}`,
        headers: { 'content-type': 'application/json' },
      });
      expect([text, answer.status]).toEqual([text, 400]);
      await answer.body?.cancel();
    }
    expect(({} as { x?: number }).x).toBeUndefined();
  });

  it('when it is too long or too deep, without harm (B-30)', async () => {
    let deep: unknown = 1;
    for (let level = 0; level < 2000; level++) deep = { a: deep };
    // Whoever looks for all faults of the second is busy for minutes.
    for (const value of [deep, Array.from({ length: 100_000 }, () => 1)]) {
      const { status, pointers } = await outcome({ ...document, mapping: value });
      expect([status, pointers.length < 10]).toEqual([400, true]);
    }
    expect((await served.call('GET', '/livez')).status).toBe(200);
  });
});

describe('a filter', () => {
  it('that is more than one condition reads nothing (B-35)', async () => {
    const judged = (where: string) =>
      served.call('POST', '/tasks:dry-run', {
        body: {
          document: { ...document, reader: { ...document.reader, parameters: { table: 'orders', where } } },
        },
      });
    for (const where of [
      '1=1; drop table orders',
      'id > 0 --',
      'id > 0 /* x */',
      "note = 'open",
      '1=1) union select 1,2 from (select 1',
      '(id > 0',
      ' ',
      'id\0',
      `note = '${'x'.repeat(10)}`,
    ]) {
      const { status } = await judged(where);
      expect([where, status]).toEqual([where, 400]);
    }
    for (const where of ['id > 1', "note <> 'a;b--c'", "note like '%''%' and (id = 1 or id = 2)"])
      expect([where, (await judged(where)).status]).toEqual([where, 200]);
  });
});

describe('names of columns', () => {
  it('that are not there are refused by name (B-27)', async () => {
    const judged = async (columns: unknown, mapping?: unknown): Promise<[number, string]> => {
      const reader = { ...document.reader, parameters: { table: 'orders', columns } };
      const body = { ...document, reader, ...(mapping === undefined ? {} : { mapping }) };
      const answer = await served.call('POST', '/tasks:validate', { body });
      return [answer.status, String(answer.body['detail'] ?? '')];
    };
    expect((await judged(['id', 'note']))[0]).toBe(200);
    for (const columns of [
      ['id', 'nonsense'],
      ['id', '__proto__'],
      ['id', 'note"; drop table orders'],
    ]) {
      const [status, detail] = await judged(columns);
      expect([status, detail]).toEqual([422, expect.stringContaining(columns[1]!)]);
    }
  });
});
