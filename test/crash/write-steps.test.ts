import type { CrashPoint } from '@sluice/connector-sdk';
import { has } from '@sluice/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCopy, restedRun, type ShownRun } from '../e2e/cluster-copy.ts';
import { fill, fingerprint, type Kind, type Place, place } from '../e2e/pairs.ts';
import { Deployment } from './deployment.ts';

const ROWS = 500;
const OLD = 5;

/** What a run of these does once, in order: the tables, `preSql`, the swap, what is left of the old table, `postSql`. */
const STEPS = ['prepare', 'preSql', 'swap', 'discard', 'postSql'] as const;

/** In PostgreSQL a step is a part of a transaction; MariaDB commits some of them by itself. */
const KILLS: readonly (readonly [kind: Kind, point: CrashPoint, step: (typeof STEPS)[number]])[] = [
  ['postgres', 'writer.afterStep', 'preSql'],
  ['postgres', 'writer.afterStep', 'swap'],
  ['mysql', 'writer.beforeStep', 'preSql'],
  ['mysql', 'writer.afterStep', 'preSql'],
  ['mysql', 'writer.beforeStep', 'swap'],
  ['mysql', 'writer.afterStep', 'swap'],
  ['mysql', 'writer.afterStep', 'postSql'],
];

describe.skipIf(!has('postgres') || !has('mariadb'))('a run that overwrites, killed with SIGKILL', () => {
  let deployment: Deployment;
  let source: Place;
  beforeAll(async () => {
    deployment = await Deployment.embedded();
    source = await place('postgres');
    await fill(source, 'orders', ROWS, true);
  });
  afterAll(async () => {
    await deployment.stop();
    await source.close();
  });

  it.each(KILLS)(
    '%s at %s (%s): goes on by itself; statements have run once, readers found the old rows or the new ones',
    async (kind, point, step) => {
      const { cluster } = deployment;
      const target = await place(kind);
      try {
        await fill(target, 'orders', OLD, true);
        await target.run('create table marks (what varchar(10))');
        const task = await makeCopy(cluster, source.url, target.url, 'orders', {
          write: {
            mode: 'overwrite',
            preSql: [`insert into marks values ('pre')`],
            postSql: [`insert into marks select 'post' from @table where id = 1`],
          },
        });
        const victim = deployment.member('writer');
        await deployment.arm('writer', `${point}:${STEPS.indexOf(step) + 1}` as CrashPoint);
        const started = await cluster.call<ShownRun>('POST', `/tasks/${task}:run`);
        expect(await victim.ended).toBe('SIGKILL');
        expect([OLD, ROWS]).toContain(Number(await target.value('select count(*) from orders')));
        await deployment.complete();
        const run = await restedRun(cluster, started.id);
        expect(run.error).toBeUndefined();
        expect(run).toMatchObject({ state: 'succeeded', counts: { read: ROWS, written: ROWS } });
        expect(await fingerprint(target, 'orders')).toBe(await fingerprint(source, 'orders'));
        for (const what of ['pre', 'post'])
          expect([what, await target.value(`select count(*) from marks where what = '${what}'`)]).toEqual([
            what,
            '1',
          ]);
      } finally {
        await target.close();
        await deployment.complete();
      }
    },
  );
});
