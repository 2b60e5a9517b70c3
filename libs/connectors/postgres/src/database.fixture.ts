import { randomBytes } from 'node:crypto';
import type { DataSourceConfig } from '@sluice/connector-sdk';
import { Client } from 'pg';

/** A database of a test, with plain statements for what the connector is compared with. */
export interface TestDatabase {
  readonly config: DataSourceConfig;
  readonly client: Client;
  /** Runs statements; answers the last one's rows as text. */
  run(...statements: readonly string[]): Promise<(string | null)[][]>;
  /** Signs in as a new user, who has the rights that everybody has and those that `grants` give to `$user`. */
  stranger(...grants: readonly string[]): Promise<DataSourceConfig>;
  close(): Promise<void>;
}

export async function openDatabase(url: string): Promise<TestDatabase> {
  const { hostname, port, username, password, pathname } = new URL(url);
  const config = {
    host: hostname,
    port: Number(port || 5432),
    database: pathname.slice(1),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
  };
  const client = new Client({
    connectionString: url,
    types: { getTypeParser: () => (value: unknown) => value } as never,
  });
  await client.connect();
  const users: string[] = [];
  const run: TestDatabase['run'] = async (...statements) => {
    let rows: (string | null)[][] = [];
    for (const text of statements) ({ rows } = await client.query({ text, rowMode: 'array' }));
    return rows;
  };
  return {
    config,
    client,
    run,
    stranger: async (...grants) => {
      const user = `u_${randomBytes(6).toString('hex')}`;
      await run(`create role ${user} login password 'stranger'`);
      users.push(user);
      await run(...grants.map((grant) => grant.replaceAll('$user', user)));
      return { ...config, user, password: 'stranger' };
    },
    close: async () => {
      for (const user of users) await run(`drop owned by ${user} cascade`, `drop role ${user}`);
      await client.end();
    },
  };
}
