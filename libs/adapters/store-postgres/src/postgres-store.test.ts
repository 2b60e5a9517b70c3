import { has, storeContract, testPostgres } from '@sluice/testkit';
import { describe, expect, it } from 'vitest';
import { openPostgresStore } from './index.ts';

describe.skipIf(!has('postgres'))('PostgreSQL', () => {
  storeContract('PostgreSQL', async () => openPostgresStore(await testPostgres()));
});

it('says SLUICE_SYS_STORE when nobody answers', async () => {
  const store = openPostgresStore('postgres://sluice:secret@127.0.0.1:9/none');
  const error = await store.tasks.get('x').catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'SLUICE_SYS_STORE', kind: 'transient' });
  expect(String(error)).not.toContain('secret');
  await store.close();
});
