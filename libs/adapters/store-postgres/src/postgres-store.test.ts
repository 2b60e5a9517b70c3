import { has, storeContract, testPostgres } from '@sluice/testkit';
import { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import { openPostgresStore } from './index.ts';

describe.skipIf(!has('postgres'))('PostgreSQL', () => {
  storeContract('PostgreSQL', async () => openPostgresStore(await testPostgres()));

  it('lets no statement change, delete or empty the audit log', async () => {
    const url = await testPostgres();
    const store = openPostgresStore(url);
    await store.migrate();
    const entry = { time: 1, actor: 'a', address: '::1', action: 'x.y', object: 'o', traceId: 't' };
    await store.audit.record('w', async () => ({ result: 1, entry }));
    const client = new Client({ connectionString: url });
    await client.connect();
    for (const sql of [
      "update audit_entry set actor = 'b'",
      'delete from audit_entry',
      'truncate audit_entry',
    ])
      await expect(client.query(sql)).rejects.toThrow(/only appended/);
    await client.end();
    expect(await store.audit.verify('w')).toMatchObject({ entries: 1 });
    await store.close();
  });
});

it('says SLUICE_SYS_STORE when nobody answers', async () => {
  const store = openPostgresStore('postgres://sluice:secret@127.0.0.1:9/none');
  const error = await store.tasks.get('x').catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'SLUICE_SYS_STORE', kind: 'transient' });
  expect(String(error)).not.toContain('secret');
  await store.close();
});
