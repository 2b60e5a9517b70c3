import { SluiceError, uuidv7 } from '@sluice/model';
import type { AuditEntry, RunRow, Store, TaskRow } from '@sluice/ports';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const task = (id: string, workspace = 'w', name = id): TaskRow => ({
  id,
  workspace,
  name,
  document: {
    mode: 'full',
    reader: { dataSource: 'a', parameters: {} },
    writer: { dataSource: 'b', parameters: {} },
  },
  createdAt: 1,
  updatedAt: 1,
});

const run = (id: string): object => ({ id, state: 'created', createdAt: 1 });

/** The promises of the store's port. `open` answers the same store each time it is called. */
export function storeContract(name: string, open: () => Promise<Store>): void {
  describe(`the store on ${name}`, () => {
    let store: Store;
    beforeAll(async () => {
      store = await open();
      await Promise.all([store.migrate(), store.migrate()]);
    });
    afterAll(() => store.close());

    it('lets exactly one of many writers of a version win', async () => {
      const row = await store.tasks.insert(task('cas'));
      const all = await Promise.all(
        Array.from({ length: 20 }, (_, i) => store.tasks.update({ ...row, updatedAt: i }, row.version)),
      );
      expect(all.filter((updated) => updated !== undefined)).toHaveLength(1);
      expect((await store.tasks.get('cas'))!.version).toBe(2);
    });

    it('refuses an id or a name that is taken', async () => {
      await store.tasks.insert(task('once'));
      await expect(store.tasks.insert(task('once'))).rejects.toMatchObject({ code: 'SLUICE_CFG_CONFLICT' });
      await expect(store.tasks.insert(task('other', 'w', 'once'))).rejects.toMatchObject({
        code: 'SLUICE_CFG_CONFLICT',
      });
      await store.tasks.insert(task('elsewhere', 'w2', 'once'));
    });

    it('never creates a row by updating it', async () => {
      expect(await store.tasks.update(task('nobody'), 1)).toBeUndefined();
      expect(await store.tasks.get('nobody')).toBeUndefined();
    });

    it('pages through everything once, also while rows are added', async () => {
      for (let i = 0; i < 25; i++)
        await store.tasks.insert(task(`page${String(i).padStart(2, '0')}`, 'pages'));
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await store.tasks.list({
          workspace: 'pages',
          limit: 7,
          ...(cursor === undefined ? {} : { cursor }),
        });
        seen.push(...page.items.map((row) => row.id));
        if (seen.length === 7) await store.tasks.insert(task('page00a', 'pages'));
        cursor = page.nextCursor;
      } while (cursor !== undefined);
      expect(seen).toHaveLength(25);
      expect(new Set(seen).size).toBe(25);
    });

    it('finds rows by the time that they were made at, to the millisecond, and lines of a log by theirs', async () => {
      const times = [1_000, 2_000, 2_001, 3_000];
      for (const time of times)
        await store.runs.insert({ ...run(uuidv7(time)), workspace: 'times', parent: String(time) } as never);
      const found = async (query: { since?: number; until?: number }): Promise<unknown> =>
        (await store.runs.list({ workspace: 'times', ...query })).items.map(({ parent }) => Number(parent));
      expect(await found({ since: 2_000 })).toEqual([2_000, 2_001, 3_000]);
      expect(await found({ since: 2_000, until: 2_001 })).toEqual([2_000]);
      expect(await found({ until: 1_000 })).toEqual([]);
      expect(await found({ since: 2 ** 53 })).toEqual([]);
      await store.logs.append(
        'times',
        times.map((time) => ({ time, level: 'info', message: 'm' })),
      );
      const { lines } = await store.logs.read('times', { limit: 9, since: 2_000, until: 3_000 });
      expect(lines.map(({ time }) => time)).toEqual([2_000, 2_001]);
    });

    it('pages by name, both ways, also through names that several rows have', async () => {
      const names = ['b', 'a', 'd', 'a', 'c', 'b'];
      for (const [i, name] of names.entries())
        await store.runs.insert({ ...run(`n${i}`), workspace: 'names', name } as never);
      for (const descending of [false, true]) {
        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const query = { workspace: 'names', order: 'name', descending, limit: 2 } as const;
          const page = await store.runs.list({ ...query, ...(cursor === undefined ? {} : { cursor }) });
          seen.push(...page.items.map(({ id }) => id));
          cursor = page.nextCursor;
        } while (cursor !== undefined);
        const wanted = ['n1', 'n3', 'n0', 'n5', 'n4', 'n2'];
        expect(seen).toEqual(descending ? wanted.toReversed() : wanted);
      }
    });

    it('refuses a cursor of a list in another order', async () => {
      const { nextCursor } = await store.tasks.list({ workspace: 'pages', limit: 1 });
      await expect(store.tasks.list({ order: 'name', cursor: nextCursor! })).rejects.toMatchObject({
        code: 'SLUICE_CFG_INVALID',
        place: 'cursor',
      });
    });

    it('refuses a cursor that it did not make', async () => {
      await expect(store.tasks.list({ cursor: 'nonsense' })).rejects.toMatchObject({
        code: 'SLUICE_CFG_INVALID',
      });
    });

    it('takes a NUL in what is looked for as nothing that exists, never as a store that fails', async () => {
      const cursor = Buffer.from(JSON.stringify(['id', 'a\0'])).toString('base64url');
      for (const look of [
        () => store.tasks.get('a\0'),
        () => store.tasks.list({ workspace: 'w', name: 'a\0' }),
        () => store.tasks.list({ cursor, workspace: 'none' }),
      ]) {
        const found = await look().catch((error: unknown) => (error as { code: string }).code);
        const seen = typeof found === 'object' && 'items' in found ? found.items : found;
        expect([[], undefined, 'SLUICE_CFG_INVALID']).toContainEqual(seen);
      }
    });

    it('lets a task have one active run, whoever starts or resumes another at the same moment', async () => {
      const run = (id: string, state: RunRow['state']): RunRow => ({
        id,
        workspace: 'w',
        parent: 'one',
        state,
        desired: 'run',
        trigger: 'test',
        actor: 'test',
        document: task('one').document,
        generation: id,
        createdAt: 1,
      });
      const stopped = await store.runs.insert(run('stopped', 'stopped'));
      const all = await Promise.allSettled([
        ...Array.from({ length: 10 }, (_, i) => store.runs.insert(run(`run${i}`, 'created'))),
        store.runs.update({ ...stopped, state: 'queued' }, stopped.version),
      ]);
      expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const result of all)
        if (result.status === 'rejected')
          expect(result.reason).toMatchObject({ code: 'SLUICE_CFG_CONFLICT' });
      await store.runs.insert({ ...run('elsewhere', 'created'), parent: 'other' });
    });

    it('finds rows by state and parent', async () => {
      const base = { name: 'n', group: 'g', stages: [], renewedAt: 0, startedAt: 0 } as const;
      await store.workers.insert({ ...base, id: 'a', state: 'alive' });
      await store.workers.insert({ ...base, id: 'b', state: 'gone' });
      expect((await store.workers.list({ states: ['gone'] })).items.map((row) => row.id)).toEqual(['b']);
      expect((await store.workers.list({ states: [] })).items).toEqual([]);
    });

    it('numbers the lines of several writers without gaps, filters them and reads them from both ends', async () => {
      await Promise.all(
        Array.from({ length: 10 }, (_, w) =>
          store.logs.append(
            'run',
            Array.from({ length: 30 }, (_, i) => ({
              time: i,
              level: i % 10 === 0 ? ('warn' as const) : ('info' as const),
              message: `writer ${w} line ${i}`,
              stage: 'read',
              split: w,
            })),
          ),
        ),
      );
      const first = await store.logs.read('run', { limit: 200 });
      const rest = await store.logs.read('run', { limit: 200, after: first.after });
      expect([...first.lines, ...rest.lines].map((line) => line.n)).toEqual(
        Array.from({ length: 300 }, (_, i) => i + 1),
      );
      expect((await store.logs.read('run', { limit: 100, level: 'warn' })).lines).toHaveLength(30);
      expect((await store.logs.read('run', { limit: 100, text: 'WRITER 3' })).lines).toHaveLength(30);
      const ofSplit = await store.logs.read('run', { limit: 100, split: 3 });
      expect(ofSplit.lines.map(({ message }) => message)).toEqual(
        Array.from({ length: 30 }, (_, i) => `writer 3 line ${i}`),
      );
      expect((await store.logs.read('run', { limit: 9, split: 3, stage: 'write' })).lines).toEqual([]);
      const tail = await store.logs.read('run', { limit: 5, tail: true });
      expect(tail.lines.map((line) => line.n)).toEqual([296, 297, 298, 299, 300]);
      const before = await store.logs.read('run', { limit: 5, before: tail.before });
      expect(before.lines.map((line) => line.n)).toEqual([291, 292, 293, 294, 295]);
    });

    it('keeps a change and its audit entry together or not at all, and numbers the entries of a workspace without gaps', async () => {
      const entry = (object: string): AuditEntry => ({
        time: 1,
        actor: 'me',
        address: '::1',
        action: 'task.create',
        object,
        traceId: 't',
      });
      const make = (id: string, fails = false): Promise<unknown> =>
        store.audit.record('audited', async (within) => {
          const result = await within.tasks.insert(task(id, 'audited'));
          if (fails) throw new SluiceError('SLUICE_CFG_INVALID', 'Not this one.');
          return { result, entry: entry(id) };
        });
      await Promise.all(Array.from({ length: 20 }, (_, i) => make(`audited${i}`)));
      await expect(make('never', true)).rejects.toMatchObject({ code: 'SLUICE_CFG_INVALID' });
      await expect(make('audited3')).rejects.toMatchObject({ code: 'SLUICE_CFG_CONFLICT' });
      expect(await store.tasks.get('never')).toBeUndefined();
      await store.audit.record('elsewhere', async () => ({ result: 1, entry: entry('x') }));
      const first = await store.audit.read('audited', { limit: 15 });
      const rest = await store.audit.read('audited', { limit: 15, before: first.nextBefore! });
      expect([...first.entries, ...rest.entries].map(({ n }) => n)).toEqual(
        Array.from({ length: 20 }, (_, i) => 20 - i),
      );
      expect(rest.nextBefore).toBeUndefined();
      const one = await store.audit.read('audited', { limit: 5, object: 'audited3', since: 1, until: 2 });
      expect(one.entries).toMatchObject([{ actor: 'me', object: 'audited3' }]);
      expect((await store.audit.read('audited', { limit: 5, until: 1 })).entries).toEqual([]);
      const verdict = await store.audit.verify('audited');
      expect(verdict).toEqual({ entries: 20, head: first.entries[0]!.hash });
    });

    it('gives one schema one id in all subjects and never uses an id again', async () => {
      const first = await store.schemas.register('a-value', '{"type":"string"}');
      expect(await store.schemas.register('b-value', '{"type":"string"}')).toEqual({
        id: first.id,
        version: 1,
      });
      const second = await store.schemas.register('a-value', '{"type":"long"}');
      expect(second).toEqual({ id: first.id + 1, version: 2 });
      expect(await store.schemas.register('a-value', '{"type":"string"}')).toEqual(first);
      expect(await store.schemas.usages(first.id)).toEqual([
        { subject: 'a-value', version: 1 },
        { subject: 'b-value', version: 1 },
      ]);
    });
  });
}
