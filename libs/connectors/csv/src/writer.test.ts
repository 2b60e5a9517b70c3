import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  batchOf,
  filePlan,
  Owner,
  readFiles,
  type SplitRows,
  testRoot,
  writeFiles,
} from '@sluice/file-kit/fixture';
import { EPOCH_FENCED, nextEpoch, type RowSchema, SluiceError, uuidv7 } from '@sluice/model';
import { build } from '@sluice/wire/row-arbitrary';
import { beforeEach, describe, expect, it } from 'vitest';
import { connector } from './index.ts';

const SCHEMA: RowSchema = {
  name: 't',
  key: [],
  columns: [
    { name: 'id', kind: 'int', nullable: false },
    { name: 'text', kind: 'string', nullable: true },
  ],
};

let root: string;
beforeEach(() => {
  root = testRoot(true);
});

/** Batches of `size` rows with ids from `from` on. */
function rowsFrom(from: number, batches: number, size = 10): SplitRows {
  return Array.from({ length: batches }, (_, b) => {
    const ids = Array.from({ length: size }, (_, i) => from + b * size + i);
    return {
      rows: build(
        SCHEMA,
        ids.map((id) => [{ value: id }, { value: `text ${id}` }]),
      ),
      count: size,
    };
  });
}

const lines = (from: number, count: number): string =>
  Array.from({ length: count }, (_, i) => `${from + i},text ${from + i}\n`).join('');

const visible = (path = ''): string[] =>
  readdirSync(join(root, path))
    .filter((name) => !name.startsWith('.'))
    .sort();

const text = (path: string): string => readFileSync(join(root, path), 'utf8');

describe('one file', () => {
  it('appears when it is complete, with the rows in the order of the source, and nothing else', async () => {
    const plan = filePlan(SCHEMA, 2);
    const owner = await Owner.of(connector, root, { path: 'out/a.csv' }, plan);
    const [first, second] = [rowsFrom(0, 2), rowsFrom(100, 2)];
    // The second split is faster.
    for (const seq of [1, 2, 3]) await owner.write(batchOf(plan, 1, seq, second));
    for (const seq of [1, 2, 3]) await owner.write(batchOf(plan, 0, seq, first));
    expect(visible('out')).toEqual([]);
    await owner.writer.finish(plan);
    expect(visible('out')).toEqual(['a.csv']);
    expect(text('out/a.csv')).toBe(`id,text\n${lines(0, 20)}${lines(100, 20)}`);
    await owner.writer.finish(plan);
    await owner.close();
    expect(readdirSync(join(root, 'out/.sluice', plan.task))).toEqual(['state']);
    expect(statSync(join(root, 'out/a.csv')).nlink).toBe(1);
    expect(statSync(join(root, 'out/a.csv')).mode & 0o777).toBe(0o640);
  });

  it('of no rows has its header', async () => {
    await writeFiles(connector, root, { path: 'a.csv' }, SCHEMA, [[], []]);
    expect(text('a.csv')).toBe('id,text\n');
    await writeFiles(connector, root, { path: 'b.csv', header: false }, SCHEMA, [[]]);
    expect(text('b.csv')).toBe('');
  });

  it('is compressed as its name says', async () => {
    await writeFiles(connector, root, { path: 'a.csv.gz' }, SCHEMA, [rowsFrom(0, 3), rowsFrom(30, 3)]);
    expect(gunzipSync(readFileSync(join(root, 'a.csv.gz'))).toString()).toBe(`id,text\n${lines(0, 60)}`);
  });

  it('that is there is not touched, replaced, or appended to, as it is asked for', async () => {
    writeFileSync(join(root, 'a.csv'), 'id,text\nold,row\n');
    const write = (more: Record<string, unknown>, truncateFirst = false): Promise<unknown> =>
      writeFiles(connector, root, { path: 'a.csv', ...more }, SCHEMA, [rowsFrom(0, 1, 1)], { truncateFirst });
    await expect(write({})).rejects.toMatchObject({ code: 'SLUICE_TGT_EXISTS' });
    expect(text('a.csv')).toBe('id,text\nold,row\n');
    await write({ existing: 'append' });
    expect(text('a.csv')).toBe(`id,text\nold,row\n${lines(0, 1)}`);
    await write({ existing: 'truncate' });
    expect(text('a.csv')).toBe(`id,text\n${lines(0, 1)}`);
    writeFileSync(join(root, 'a.csv'), 'other');
    await write({}, true);
    expect(text('a.csv')).toBe(`id,text\n${lines(0, 1)}`);
  });

  it('that appears while the task runs is not replaced, and one that grows is appended to as it is then', async () => {
    for (const existing of ['fail', 'append']) {
      const path = `${existing}.csv`;
      const plan = filePlan(SCHEMA, 1);
      const owner = await Owner.of(connector, root, { path, existing }, plan);
      const rows = rowsFrom(0, 1, 1);
      for (const seq of [1, 2]) await owner.write(batchOf(plan, 0, seq, rows));
      writeFileSync(join(root, path), 'id,text\nother,row\n');
      if (existing === 'fail')
        await expect(owner.writer.finish(plan)).rejects.toMatchObject({ code: 'SLUICE_TGT_EXISTS' });
      else await owner.writer.finish(plan);
      expect(text(path)).toBe(`id,text\nother,row\n${existing === 'fail' ? '' : lines(0, 1)}`);
      await owner.close();
    }
  });

  it('is appended to below its own header, whatever the order of the columns', async () => {
    writeFileSync(join(root, 'a.csv'), 'text,id\nold,0\n');
    const found = await connector.describe({ root }, { path: 'a.csv', existing: 'append' }, 'target');
    expect(found?.columns.map(({ name, kind }) => [name, kind])).toEqual([
      ['text', 'string'],
      ['id', 'string'],
    ]);
    expect(
      await connector.describe({ root }, { path: 'b.csv', existing: 'append' }, 'target'),
    ).toBeUndefined();
  });
});

describe('a folder', () => {
  it('gets one file a split, and more when they grow too large; each is whole, and a manifest comes last', async () => {
    const big = rowsFrom(0, 40, 50);
    const parameters = { path: 'out/', maxFileBytes: 4096 };
    const plan = await writeFiles(connector, root, parameters, SCHEMA, [big, rowsFrom(5000, 1)]);
    const names = visible('out').filter((name) => name.startsWith('part-'));
    expect(names.length).toBeGreaterThan(5);
    for (const name of names) {
      expect(text(`out/${name}`)).toMatch(/^id,text\n\d+,text \d+\n/);
      expect(statSync(join(root, 'out', name)).size).toBeLessThan(4096 + 1200);
    }
    const manifest = JSON.parse(text(`out/_manifest-${plan.generation}.json`)) as {
      rows: number;
      files: { name: string; rows: number; bytes: number; sha256: string }[];
    };
    expect(manifest.rows).toBe(2010);
    expect(manifest.files.map(({ name }) => name)).toEqual(names);
    const { createHash } = await import('node:crypto');
    for (const { name, bytes, sha256 } of manifest.files) {
      const content = readFileSync(join(root, 'out', name));
      expect([content.length, createHash('sha256').update(content).digest('hex')]).toEqual([bytes, sha256]);
    }
    const reading = await readFiles(connector, root, { path: 'out/', types: { id: 'int' } });
    const wanted = Buffer.concat([...big, ...rowsFrom(5000, 1)].map(({ rows }) => rows));
    expect(reading.rows.equals(wanted)).toBe(true);
  });

  it('keeps, loses or protects the files that are there, as it is asked for', async () => {
    const write = (existing: string, from: number): Promise<unknown> =>
      writeFiles(connector, root, { path: 'out/', existing }, SCHEMA, [rowsFrom(from, 1, 1)]);
    await write('fail', 1);
    await expect(write('fail', 2)).rejects.toMatchObject({ code: 'SLUICE_TGT_EXISTS' });
    await write('append', 3);
    const ids = async (): Promise<number[]> => {
      const { rows } = await readFiles(connector, root, { path: 'out/', types: { id: 'int' } });
      const { decodeRows } = await import('@sluice/wire');
      return decodeRows(SCHEMA, rows).map(([id]) => id as number);
    };
    expect(await ids()).toEqual([1, 3]);
    await write('truncate', 4);
    expect(await ids()).toEqual([4]);
    writeFileSync(join(root, 'out/mine.csv'), 'id,text\n');
    await expect(write('truncate', 5)).rejects.toMatchObject({ code: 'SLUICE_TGT_EXISTS' });
  });
});

describe('a writer of files', () => {
  const PATH = { path: 'a.csv' };

  it('takes each batch once, whoever dies: a successor goes on from what is committed', async () => {
    const plan = filePlan(SCHEMA, 1);
    const rows = rowsFrom(0, 4);
    const first = await Owner.of(connector, root, PATH, plan);
    await first.write(batchOf(plan, 0, 1, rows));
    const unit = await first.unit();
    await unit.offer(batchOf(plan, 0, 2, rows));
    // It dies here: staged, not committed.
    const second = await Owner.of(connector, root, PATH, plan, first.claim.epoch);
    expect(second.rows).toMatchObject([{ seq: 1, position: '1', counts: { read: 10, written: 10 } }]);
    const again = await second.unit();
    expect(await again.offer(batchOf(plan, 0, 1, rows))).toEqual({ kind: 'duplicate' });
    expect((await again.offer(batchOf(plan, 0, 3, rows))).kind).toBe('gap');
    await again.rollback();
    for (const seq of [2, 3]) await second.write(batchOf(plan, 0, seq, rows));
    // The first one was only asleep: nothing of what it does counts any more.
    await expect(unit.commit()).rejects.toMatchObject({ code: 'SLUICE_TGT_INTERRUPTED' });
    await unit.rollback();
    const late = await first.unit();
    expect((await late.offer(batchOf(plan, 0, 4, rows))).kind).toBe('fenced');
    await late.rollback();
    for (const seq of [4, 5]) await second.write(batchOf(plan, 0, seq, rows));
    await second.writer.finish(plan);
    expect(text('a.csv')).toBe(`id,text\n${lines(0, 40)}`);
    await Promise.all([first.close(), second.close()]);
  });

  it('rolls a unit back to the last byte', async () => {
    const plan = filePlan(SCHEMA, 1);
    const rows = rowsFrom(0, 3);
    const owner = await Owner.of(connector, root, PATH, plan);
    await owner.write(batchOf(plan, 0, 1, rows));
    const unit = await owner.unit();
    for (const seq of [2, 3, 4]) await unit.offer(batchOf(plan, 0, seq, rows));
    await unit.rollback();
    for (const seq of [2, 3, 4]) await owner.write(batchOf(plan, 0, seq, rows));
    await owner.writer.finish(plan);
    expect(text('a.csv')).toBe(`id,text\n${lines(0, 30)}`);
    await owner.close();
  });

  it('freezes a stream for a new reader: batches under way are superseded', async () => {
    const plan = filePlan(SCHEMA, 1);
    const rows = rowsFrom(0, 3);
    const owner = await Owner.of(connector, root, PATH, plan);
    await owner.write(batchOf(plan, 0, 1, rows));
    const unit = await owner.unit();
    await unit.offer(batchOf(plan, 0, 2, rows));
    const epoch = nextEpoch(plan.streams[0]!.readerEpoch);
    expect(await owner.writer.seal(plan, 0, epoch)).toMatchObject({
      seq: 1,
      readerEpoch: epoch,
      final: false,
    });
    await expect(unit.commit()).rejects.toMatchObject({ code: 'SLUICE_TGT_INTERRUPTED' });
    await unit.rollback();
    const next = await owner.unit();
    expect(await next.offer(batchOf(plan, 0, 2, rows))).toEqual({ kind: 'superseded' });
    expect(await next.offer({ ...batchOf(plan, 0, 2, rows), epoch })).toEqual({ kind: 'added' });
    await next.commit();
    await owner.close();
  });

  it('makes a record that has no form dirty, exactly, and keeps it', async () => {
    const parameters = { path: 'a.csv', quote: '', nullText: '' };
    const plan = filePlan(SCHEMA, 1, { dirtyLimit: 2 });
    const cells = ['a', 'b,c', 'd', 'e\nf', 'g'];
    const rows = [
      {
        rows: build(
          SCHEMA,
          cells.map((cell, id) => [{ value: id }, { value: cell }]),
        ),
        count: cells.length,
      },
    ];
    const owner = await Owner.of(connector, root, parameters, plan);
    const [row] = await owner.write(batchOf(plan, 0, 1, rows));
    expect(row!.counts).toMatchObject({ read: 5, written: 3, dirty: 2 });
    await owner.write(batchOf(plan, 0, 2, rows));
    await owner.writer.finish(plan);
    await owner.close();
    expect(text('a.csv')).toBe('id,text\n0,a\n2,d\n4,g\n');
    const kept = text(`.sluice/${plan.task}/dirty/${plan.generation}.jsonl`).trim().split('\n');
    expect(kept.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { split: 0, seq: 1, index: 1, column: 'text', code: 'SLUICE_TGT_VALUE' },
      { index: 3 },
    ]);
  });

  it('leaves nothing behind when it is cancelled, and takes nothing afterwards', async () => {
    const plan = filePlan(SCHEMA, 1);
    const rows = rowsFrom(0, 2);
    const owner = await Owner.of(connector, root, PATH, plan);
    await owner.write(batchOf(plan, 0, 1, rows));
    const unit = await owner.unit();
    await unit.offer(batchOf(plan, 0, 2, rows));
    await owner.writer.cancel(plan);
    await expect(unit.commit()).rejects.toBeInstanceOf(SluiceError);
    await unit.rollback();
    await expect(owner.writer.finish(plan)).rejects.toMatchObject({ code: 'SLUICE_TGT_REPLACED' });
    await expect(owner.writer.prepare(plan)).rejects.toMatchObject({ code: 'SLUICE_TGT_REPLACED' });
    const splits = await owner.writer.takeOver(plan, [0], {
      ...owner.claim,
      epoch: owner.claim.epoch + 2 ** 21,
    });
    expect(splits[0]!.writerEpoch).toBe(EPOCH_FENCED);
    expect(visible()).toEqual([]);
    expect(readdirSync(join(root, '.sluice', plan.task))).toEqual(['state']);
    await owner.close();
  });

  it('of an older generation is fenced by the next one, which finds a clean place', async () => {
    const old = filePlan(SCHEMA, 1);
    const rows = rowsFrom(0, 2);
    const before = await Owner.of(connector, root, PATH, old);
    await before.write(batchOf(old, 0, 1, rows));
    const unit = await before.unit();
    await unit.offer(batchOf(old, 0, 2, rows));
    const plan = filePlan(SCHEMA, 1, {
      task: old.task,
      generation: uuidv7(Date.now() + 10),
      truncateFirst: true,
    });
    const owner = await Owner.of(connector, root, PATH, plan);
    await expect(unit.commit()).rejects.toBeInstanceOf(SluiceError);
    await unit.rollback();
    await expect(before.writer.prepare(old)).rejects.toMatchObject({ code: 'SLUICE_TGT_REPLACED' });
    await expect(before.writer.finish(old)).rejects.toMatchObject({ code: 'SLUICE_TGT_REPLACED' });
    const other = rowsFrom(700, 1);
    for (const seq of [1, 2]) await owner.write(batchOf(plan, 0, seq, other));
    await owner.writer.finish(plan);
    expect(text('a.csv')).toBe(`id,text\n${lines(700, 10)}`);
    await Promise.all([before.close(), owner.close()]);
  });

  it('prepares once, however many do it at the same time; so it is with the finish', async () => {
    const plan = filePlan(SCHEMA, 4);
    const owners = await Promise.all(
      [1, 2, 3, 4].map(() => Owner.of(connector, root, { path: 'out/' }, plan)),
    );
    const last = owners.toSorted((a, b) => a.claim.epoch - b.claim.epoch).at(-1)!;
    const owner = await Owner.of(connector, root, { path: 'out/' }, plan, last.claim.epoch);
    for (const { split } of plan.streams)
      for (const seq of [1, 2]) await owner.write(batchOf(plan, split, seq, rowsFrom(split * 100, 1)));
    const ended = await Promise.allSettled(owners.map(({ writer }) => writer.finish(plan)));
    expect(ended.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0);
    for (const each of ended)
      if (each.status === 'rejected') expect((each.reason as SluiceError).kind).toMatch(/transient|fenced/);
    await owner.writer.finish(plan);
    const reading = await readFiles(connector, root, { path: 'out/', types: { id: 'int' } });
    expect(reading.count).toBe(40);
    await Promise.all([owner, ...owners].map((each) => each.close()));
  });

  it.each(['../a.csv', '/etc/a.csv', '.hidden/a.csv', 'a\0.csv', 'x/../../a.csv', '*.csv', ''])(
    'refuses the path %j',
    async (path) => {
      await expect(writeFiles(connector, root, { path }, SCHEMA, [[]])).rejects.toMatchObject({
        code: expect.stringMatching(/SLUICE_CFG_(PATH|INVALID)/) as string,
      });
    },
  );

  it('follows no link out of the root', async () => {
    const outside = testRoot(true);
    symlinkSync(outside, join(root, 'link'));
    await expect(writeFiles(connector, root, { path: 'link/a.csv' }, SCHEMA, [[]])).rejects.toMatchObject({
      code: 'SLUICE_CFG_PATH',
    });
    symlinkSync(outside, join(root, '.sluice'));
    await expect(writeFiles(connector, root, { path: 'a.csv' }, SCHEMA, [[]])).rejects.toMatchObject({
      code: 'SLUICE_CFG_PATH',
    });
    mkdirSync(join(root, 'd.csv'));
    await expect(
      writeFiles(connector, root, { path: 'd.csv', existing: 'truncate' }, SCHEMA, [[]]),
    ).rejects.toMatchObject({ code: 'SLUICE_CFG_PATH' });
    expect(readdirSync(outside)).toEqual([]);
    expect(existsSync(join(outside, 'a.csv'))).toBe(false);
  });
});
