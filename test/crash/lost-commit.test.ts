import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Engine, startEngine } from '@sluice/standalone';
import { FaultProxy, has, isCommit } from '@sluice/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyTable, fill, fingerprint, type Kind, type Place, place } from '../e2e/pairs.ts';

const ROWS = 20_000;
const CUTS = 20;

/** The run was slow so that it lasts through all cuts, however busy the machine is; what is left may be fast. */
async function hurry(engine: Engine): Promise<void> {
  const { items } = await engine.store.runs.list({ states: ['running'] });
  for (const { id } of items) await engine.runs.control.throttle(id, {}, 'test');
}

describe.skipIf(!has('postgres') || !has('mariadb'))('a connection that dies around COMMIT', () => {
  let engine: Engine;
  let source: Place;
  beforeAll(async () => {
    engine = await startEngine(mkdtempSync(join(tmpdir(), 'sluice-commit-')));
    source = await place('postgres');
    await fill(source, 'orders', ROWS, true);
  });
  afterAll(async () => {
    await engine.stop();
    await source.close();
  });

  for (const kind of ['postgres', 'mysql'] as const satisfies Kind[])
    for (const verdict of ['cut-after-answer', 'cut-before'] as const)
      it(`${kind}, ${verdict}, ${CUTS} times: the target's row says what happened, nothing is applied twice or lost`, async () => {
        const target = await place(kind);
        const proxy = await FaultProxy.before(target.url);
        try {
          await fill(target, 'orders', 0, false);
          // A channel's session commits more than once: each gets one answer and loses the next. So does the one that prepares a
          // generation in PostgreSQL, once.
          const commits = new Map<number, number>();
          proxy.judge = (sent, session) => {
            if (!isCommit(sent)) return 'forward';
            commits.set(session, (commits.get(session) ?? 0) + 1);
            if (commits.get(session) !== 2 || proxy.cuts >= CUTS) return 'forward';
            if (proxy.cuts === CUTS - 1) void hurry(engine);
            return verdict;
          };
          const through = { ...target, url: proxy.url(target.url) };
          const run = await copyTable(engine, source, through, 'orders', {
            write: { mode: 'insert' },
            control: { channels: 2, dirtyLimit: 0, batchRecords: 100, rowsPerSecond: 1500 },
          });
          expect(run).toMatchObject({
            state: 'succeeded',
            counts: { read: ROWS, written: ROWS, filtered: 0, dirty: 0 },
          });
          expect(proxy.cuts).toBe(CUTS);
          expect(run.healing?.['in-doubt']).toBe(kind === 'postgres' ? CUTS - 1 : CUTS);
          expect(await fingerprint(target, 'orders')).toBe(await fingerprint(source, 'orders'));
          // What was committed without an answer comes again from the bus and is known by its seq (a report of it may come
          // after the run's end).
          if (verdict === 'cut-after-answer') expect(run.healing?.['duplicate']).toBeGreaterThan(CUTS / 2);
          else expect(run.healing?.['duplicate']).toBeUndefined();
        } finally {
          await proxy.close();
          await target.close();
        }
      });
});
