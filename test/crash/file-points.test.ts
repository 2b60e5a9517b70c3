import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connector } from '@sluice/connector-csv';
import { batchOf, filePlan, Owner, readFiles, testRoot } from '@sluice/file-kit/fixture';
import type { WritePlan } from '@sluice/model';
import { decodeRows } from '@sluice/wire';
import { describe, expect, it } from 'vitest';
import { CRASH_SCHEMA, crashRows, SPLIT_ROWS } from './file-crash-rows.ts';

const CHILD = join(import.meta.dirname, 'file-writer-child.ts');
const SPLITS = 1;
/** Passes that are tried at a time. */
const AT_ONCE = 3;
/** What the first child compiles the others need not. */
const CACHE = mkdtempSync(join(tmpdir(), 'sluice-compiled-'));
const IDS = Array.from({ length: SPLITS * SPLIT_ROWS }, (_, id) => id);

/** Runs the child; answers how it ended. */
function write(root: string, path: string, plan: WritePlan, point: string): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--no-warnings', CHILD, root, path, JSON.stringify(plan)], {
      env: { PATH: process.env['PATH'] ?? '', NODE_COMPILE_CACHE: CACHE, SLUICE_CRASH_AT: point },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    child.once('close', (code, signal) => resolve(signal ?? String(code)));
  });
}

/** What readers of the target see. */
const visible = (root: string): string[] => readdirSync(root).filter((name) => !/^[._]/.test(name));

/** Another process goes on from what the target says, as the runtime does. */
async function resume(root: string, path: string, plan: WritePlan): Promise<void> {
  const parameters = { path, ...(path.endsWith('/') ? { maxFileBytes: 1024 } : {}) };
  const owner = await Owner.of(connector, root, parameters, plan, 2 ** 40);
  for (const row of owner.rows)
    for (let seq = row.seq + 1; seq <= 3; seq++)
      await owner.write(batchOf(plan, row.split, seq, crashRows(row.split)));
  await owner.writer.finish(plan);
  await owner.close();
}

/** Kills a writer at one pass of a point, looks, goes on and looks again; answers how the writer ended. */
async function survives(point: string, path: string): Promise<string> {
  const root = testRoot(true);
  const plan = filePlan(CRASH_SCHEMA, SPLITS);
  const how = await write(root, path, plan, point);
  for (const name of visible(root)) {
    const text = readFileSync(join(root, name), 'utf8');
    expect(text, point).toMatch(/^id\n(?:\d+\n)+$/);
    if (path !== './') expect(text, point).toBe(`id\n${IDS.join('\n')}\n`);
  }
  await resume(root, path, plan);
  const { plan: read, rows } = await readFiles(connector, root, { path, types: { id: 'int' } });
  expect(decodeRows(read.schema, rows).flat(), point).toEqual(IDS);
  expect(readdirSync(join(root, '.sluice', plan.task))).toEqual(['state']);
  return how;
}

describe('a writer of files, killed with SIGKILL at every point that it passes', () => {
  // Prepared, taken over, three units, decided, done, finished; made and renamed, or linked.
  for (const [point, path, least] of [
    ['file.afterTmp', 'a.csv', 9],
    ['file.afterRename', 'a.csv', 10],
    ['file.afterRename', './', 10],
  ] as const)
    it(`${point}, ${path === './' ? 'a folder' : 'one file'}: no row is missing or doubled, and nothing half is ever seen`, async () => {
      const ends: string[] = [];
      while (!ends.includes('0')) {
        const passes = Array.from({ length: AT_ONCE }, (_, i) => `${point}:${ends.length + i + 1}`);
        ends.push(...(await Promise.all(passes.map((each) => survives(each, path)))));
      }
      expect(ends.filter((how) => how === 'SIGKILL').length).toBeGreaterThanOrEqual(least);
      expect(ends.filter((how) => how !== 'SIGKILL' && how !== '0')).toEqual([]);
    });
});
