import { mkdtempSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storeContract } from '@sluice/testkit';
import { expect, it } from 'vitest';
import { openSqliteStore } from './index.ts';

const file = (): string => join(mkdtempSync(join(tmpdir(), 'sluice-store-')), 'store.db');

storeContract('SQLite', async () => openSqliteStore(file()));

it('keeps what was answered when it is opened again, readable by its owner only', async () => {
  const path = file();
  const store = openSqliteStore(path);
  await store.migrate();
  await store.workspaces.insert({ id: 'w', name: 'w', createdAt: 1 });
  const other = openSqliteStore(path);
  await other.migrate();
  expect((await other.workspaces.get('w'))!.name).toBe('w');
  await store.close();
  await other.close();
  expect(statSync(path).mode & 0o777).toBe(0o600);
});
