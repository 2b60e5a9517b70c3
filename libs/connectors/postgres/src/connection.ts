import type { Socket } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import { type DataSourceConfig, demandHost, GuardedSocket, serverTls } from '@sluice/connector-sdk';
import { SluiceError } from '@sluice/model';
import { Client } from 'pg';
import { classify, type Side } from './errors.ts';
import { refusePlainPasswords } from './plain-password.ts';

/** The part of pg's connection that COPY works on directly. */
export interface WireConnection {
  readonly stream: Socket;
  query(text: string): void;
}

/** A column of an answer: its type's oid and modifier. */
export interface ResultField {
  readonly name: string;
  readonly type: number;
  readonly modifier: number;
}

/** One session; broken for good once its connection is. */
export interface Session {
  readonly client: Client;
  /** Rows as arrays of text; parameters as text. */
  query(sql: string, parameters?: readonly (string | number | null)[]): Promise<(string | null)[][]>;
  /** The columns of a statement's answer. */
  fields(sql: string): Promise<readonly ResultField[]>;
  close(): Promise<void>;
  /** Closes the socket at once, under whatever waits for it. */
  destroy(): void;
}

/** Every value stays the server's own text: no Date, no number, no parsed JSON (T-0). */
const TEXT_ONLY = { getTypeParser: () => (value: unknown) => value };

/** Settings of every session: dates in ISO, times in UTC, floats with all digits. */
const SETTINGS = `set session timezone = 'UTC'; set datestyle = 'ISO, YMD'; set intervalstyle = 'postgres';
  set extra_float_digits = 3; set standard_conforming_strings = on; set client_encoding = 'UTF8'`;

/** Opens a session. `name` is its application_name. Throws classified. */
export async function connect(
  config: DataSourceConfig,
  side: Side,
  name: string,
  settings = '',
): Promise<Session> {
  const host = String(config['host']);
  demandHost(host);
  const tls = serverTls(config);
  const client = new Client({
    host,
    port: Number(config['port'] ?? 5432),
    database: String(config['database']),
    ...(config['user'] === undefined ? {} : { user: String(config['user']) }),
    // As a function: an absent one would be looked for in the environment and the files of this process.
    password: () => String(config['password'] ?? ''),
    ssl:
      tls === undefined
        ? false
        : { ...tls, checkServerIdentity: (_, certificate) => checkServerIdentity(host, certificate) },
    stream: () => new GuardedSocket(),
    application_name: name,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    types: TEXT_ONLY as never,
  });
  if (tls === undefined) refusePlainPasswords(client, side);
  let broken: unknown;
  client.on('error', (error: unknown) => (broken = error));
  const lost = (): SluiceError =>
    new SluiceError(side === 'source' ? 'SLUICE_SRC_INTERRUPTED' : 'SLUICE_TGT_INTERRUPTED', {
      detail: 'The connection was lost.',
      cause: broken,
    });
  const run = async (sql: string, parameters?: readonly (string | number | null)[]) => {
    if (broken !== undefined) throw lost();
    try {
      const text =
        parameters === undefined || parameters.length === 0
          ? { text: sql }
          : { text: sql, values: [...parameters] };
      return await client.query({ ...text, rowMode: 'array' });
    } catch (error) {
      // The driver's own errors of a dead connection carry no code.
      if ((error as { code?: string }).code === undefined && broken === undefined) broken = error;
      throw broken === undefined ? classify(error, side) : lost();
    }
  };
  const query: Session['query'] = async (sql, parameters) =>
    (await run(sql, parameters)).rows as (string | null)[][];
  try {
    await client.connect();
  } catch (error) {
    // The driver keeps the socket of a handshake that failed.
    wireOf(client).stream.destroy();
    const code = (error as { code?: string }).code;
    if (code === undefined)
      throw new SluiceError(side === 'source' ? 'SLUICE_SRC_UNREACHABLE' : 'SLUICE_TGT_UNREACHABLE', {
        detail: `No answer from ${String(config['host'])}:${String(config['port'] ?? 5432)}.`,
        cause: error,
      });
    throw classify(error, side);
  }
  try {
    await query(`${SETTINGS}; ${settings}`);
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
  return {
    client,
    query,
    fields: async (sql) =>
      (await run(sql)).fields.map(({ name, dataTypeID, dataTypeModifier }) => ({
        name,
        type: dataTypeID,
        modifier: dataTypeModifier,
      })),
    close: async () => {
      await client.end().catch(() => undefined);
    },
    destroy: () => void wireOf(client).stream.destroy(),
  };
}

/** pg's connection below the client. */
export function wireOf(client: Client): WireConnection {
  return (client as unknown as { connection: WireConnection }).connection;
}
