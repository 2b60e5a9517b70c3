import { randomBytes } from 'node:crypto';
import { createConnection } from 'mysql2/promise';
import { Client } from 'pg';

export type ServerKind = 'postgres' | 'mariadb' | 'redis' | 'kafka' | 's3';

const variable = (kind: ServerKind): string => `SLUICE_TEST_${kind.toUpperCase()}`;

/** Whether the test run was given a server of this kind; suites that need one skip without it. */
export function has(kind: ServerKind): boolean {
  return (process.env[variable(kind)] ?? '') !== '';
}

function given(kind: ServerKind): string {
  const value = process.env[variable(kind)];
  if (value === undefined || value === '')
    throw new Error(`skipped: no ${kind} server; set ${variable(kind)}`);
  return value;
}

const fresh = (): string => `t_${randomBytes(6).toString('hex')}`;

/** URL of a new, empty database on the run's PostgreSQL. */
export async function testPostgres(): Promise<string> {
  const url = new URL(given('postgres'));
  const client = new Client({ connectionString: url.href });
  await client.connect();
  const name = fresh();
  await client.query(`create database ${name}`);
  await client.end();
  url.pathname = `/${name}`;
  return url.href;
}

/** URL of a new, empty database on the run's MariaDB. */
export async function testMariadb(): Promise<string> {
  const url = new URL(given('mariadb'));
  const connection = await createConnection(url.href);
  const name = fresh();
  await connection.query(`create database ${name}`);
  await connection.end();
  url.pathname = `/${name}`;
  return url.href;
}

/** URL of the run's Redis and a prefix that nobody else uses. */
export function testRedis(): { readonly url: string; readonly prefix: string } {
  return { url: given('redis'), prefix: `${fresh()}:` };
}

/** Brokers of the run's Kafka and a prefix for topics. */
export function testKafka(): { readonly brokers: string[]; readonly prefix: string } {
  return { brokers: given('kafka').split(','), prefix: fresh() };
}
