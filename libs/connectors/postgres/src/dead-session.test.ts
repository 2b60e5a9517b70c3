import { has, testPostgres } from '@sluice/testkit';
import { describe, expect, it } from 'vitest';
import { connect, type Session } from './connection.ts';
import { CopyIn } from './copy-in.ts';
import { CopyOut } from './copy-out.ts';
import type { RowEncoding } from './row-encoding.ts';

const ENCODING = { format: 'binary', encode: (rows: Buffer) => rows } as unknown as RowEncoding;

describe.skipIf(!has('postgres'))('a session that the server ended while nothing was asked of it', () => {
  async function ended(): Promise<Session> {
    const url = new URL(await testPostgres());
    const config = {
      host: url.hostname,
      port: Number(url.port),
      database: url.pathname.slice(1),
      user: url.username,
      password: url.password,
    };
    const session = await connect(config, 'target', 'sluice:dead');
    const other = await connect(config, 'target', 'other');
    const gone = new Promise((resolve) => session.client.once('end', resolve));
    await other.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'sluice:dead'`,
    );
    await gone;
    await other.close();
    return session;
  }

  it('fails a COPY into the target as interrupted', async () => {
    const copy = new CopyIn((await ended()).client, 'copy t from stdin (format binary)', ENCODING);
    await expect(copy.end()).rejects.toMatchObject({ code: 'SLUICE_TGT_INTERRUPTED' });
    await copy.abort();
  });

  it('fails a COPY from the source as interrupted', async () => {
    const copy = new CopyOut((await ended()).client, 'copy t to stdout (format binary)');
    await expect(copy[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'SLUICE_SRC_INTERRUPTED',
    });
  });

  it('fails a statement as interrupted', async () => {
    await expect((await ended()).query('select 1')).rejects.toMatchObject({ code: 'SLUICE_TGT_INTERRUPTED' });
  });
});
