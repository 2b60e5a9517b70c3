import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { sluice } from '../cli/sluice.ts';
import { fill, type Place, place } from '../e2e/pairs.ts';

/** More than go into one unit: there are two at least, however slow the machine is. */
const ROWS = 60_000;

/** Named points of a whole copy, and the pass of each that is hit: units are committed before and behind. */
const POINTS = [
  'reader.afterProduce:40',
  'writer.midRows:40',
  'writer.commitSent:2',
  'file.afterTmp:4',
  'file.afterRename:5',
];

let source: Place;
let wanted: string;
beforeAll(async () => {
  source = await place('sqlite');
  await fill(source, 'orders', ROWS, true);
  const out = mkdtempSync(join(tmpdir(), 'sluice-undisturbed-'));
  const { code } = await sluice(['copy', `${source.url}#orders`, `csv:${out}/orders.csv`], {
    environment: { SLUICE_HOME: join(out, 'home') },
  });
  expect(code).toBe(0);
  wanted = readFileSync(join(out, 'orders.csv'), 'utf8');
  expect(wanted.split('\n').length).toBe(ROWS + 2);
});

describe('sluice copy into a file, killed with SIGKILL', () => {
  for (const point of POINTS)
    it(`at ${point}: shows no file before it is whole, and --resume makes the one of an undisturbed copy`, async () => {
      const out = mkdtempSync(join(tmpdir(), 'sluice-file-crash-'));
      const environment = { SLUICE_HOME: join(out, 'home') };
      const target = join(out, 'orders.csv');
      const args = ['copy', `${source.url}#orders`, `csv:${target}`, '-o', 'json'];
      const killed = await sluice(args, {
        environment: { ...environment, SLUICE_CRASH_AT: point },
      });
      expect(killed.code).toBe('SIGKILL');
      expect(existsSync(target)).toBe(false);
      const resumed = await sluice([...args, '--resume'], { environment });
      expect(resumed.said).toBe('');
      expect(JSON.parse(resumed.out)).toMatchObject({
        state: 'succeeded',
        ledger: { read: ROWS, written: ROWS, dirty: 0 },
      });
      expect(readFileSync(target, 'utf8') === wanted).toBe(true);
      expect(readdirSync(out).filter((name) => !name.startsWith('.') && name !== 'home')).toEqual([
        'orders.csv',
      ]);
    });

  it('reading a file: --resume writes every line once into a table without a key', async () => {
    const out = mkdtempSync(join(tmpdir(), 'sluice-file-crash-'));
    writeFileSync(join(out, 'orders.csv'), wanted);
    const environment = { SLUICE_HOME: join(out, 'home') };
    const target = await place('sqlite');
    try {
      const args = ['copy', `csv:${out}/orders.csv#types.id=long`, `${target.url}#orders`];
      const killed = await sluice(args, {
        environment: { ...environment, SLUICE_CRASH_AT: 'writer.afterCommit:1' },
      });
      expect(killed.code).toBe('SIGKILL');
      expect(Number(await target.value('select count(*) from orders'))).toBeGreaterThan(0);
      const resumed = await sluice([...args, '--resume'], { environment });
      expect(resumed.code).toBe(0);
      const ids = "count(*) || ':' || count(distinct id) || ':' || sum(id)";
      expect(await target.value(`select ${ids} from orders`)).toBe(
        `${ROWS}:${ROWS}:${(ROWS * (ROWS + 1)) / 2}`,
      );
    } finally {
      await target.close();
    }
  });
});
