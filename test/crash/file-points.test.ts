import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connector } from '@sluice/connector-csv';
import { batchOf, filePlan, Owner, readFiles, testRoot } from '@sluice/file-kit/fixture';
import type { WritePlan } from '@sluice/model';
import { decodeRows } from '@sluice/wire';
import { describe, expect, it } from 'vitest';
import { CRASH_SCHEMA, crashRows, SPLIT_ROWS } from './file-crash-rows.ts';

const CHILD = join(import.meta.dirname, 'file-writer-child.ts');
const SPLITS = 2;
const IDS = Array.from({ length: SPLITS * SPLIT_ROWS }, (_, id) => id);

/** Runs the child; answers how it ended. */
function write(root: string, path: string, plan: WritePlan, point: string): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--no-warnings', CHILD, root, path, JSON.stringify(plan)], {
      env: { PATH: process.env['PATH'] ?? '', SLUICE_CRASH_AT: point },
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

describe('a writer of files, killed with SIGKILL at every point that it passes', () => {
  for (const [point, path] of [
    ['file.afterTmp', 'a.csv'],
    ['file.afterRename', 'a.csv'],
    ['file.afterRename', './'],
  ] as const)
    it(`${point}, ${path === './' ? 'a folder' : 'one file'}: no row is missing or doubled, and nothing half is ever seen`, async () => {
      let killed = 0;
      for (let pass = 1; ; pass++) {
        const root = testRoot();
        const plan = filePlan(CRASH_SCHEMA, SPLITS);
        const how = await write(root, path, plan, `${point}:${pass}`);
        if (how === 'SIGKILL') killed++;
        else expect(how).toBe('0');
        if (path !== './' && visible(root).length > 0)
          expect(readFileSync(join(root, path), 'utf8')).toBe(`id\n${IDS.join('\n')}\n`);
        for (const name of path === './' ? visible(root) : [])
          expect(readFileSync(join(root, name), 'utf8')).toMatch(/^id\n(?:\d+\n)+$/);
        await resume(root, path, plan);
        const { plan: read, rows } = await readFiles(connector, root, { path, types: { id: 'int' } });
        expect(decodeRows(read.schema, rows).flat(), `pass ${pass}`).toEqual(IDS);
        expect(readdirSync(join(root, '.sluice', plan.task))).toEqual(['state']);
        if (how === '0') break;
      }
      // Prepared, taken over, six units, decided, made or linked, done, finished.
      expect(killed).toBeGreaterThanOrEqual(11);
    });
});
