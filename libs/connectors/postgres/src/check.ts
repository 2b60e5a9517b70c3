import type { Socket } from 'node:net';
import {
  type CheckStage,
  ConnectionCheck,
  type DataSourceConfig,
  type Found,
  nextBytes,
  noTls,
  type ServerTls,
  serverTls,
} from '@sluice/connector-sdk';
import { SluiceError } from '@sluice/model';
import { connect, type Session } from './connection.ts';
import { classify } from './errors.ts';
import { quote } from './identifier.ts';

/** Tests a data source in stages; the first that fails ends it. */
export async function checkConnection(
  config: DataSourceConfig,
  signal: AbortSignal,
): Promise<readonly CheckStage[]> {
  const check = new ConnectionCheck(signal, (error) => classify(error, 'source'));
  const host = String(config['host']);
  const port = Number(config['port'] ?? 5432);
  let tls: ServerTls | undefined;
  try {
    tls = serverTls(config);
  } catch (error) {
    await check.stage('resolve', () => Promise.reject(error));
    return check.stages;
  }
  await check.reach(host, port);
  if (tls !== undefined) await check.tls(host, port, tls.ca, askForTls);
  let session: Session | undefined;
  try {
    await check.stage(
      'authenticate',
      async () => {
        session = await connect(config, 'source', 'sluice check');
        return `Signed in as ${user(config)} to ${String(config['database'])}${tls === undefined ? ', without TLS' : ''}.`;
      },
      { remedy: (error) => signInRemedy(error, config) },
    );
    await check.stage('list', () => list(session!));
    await check.stage('privileges', () => privileges(session!));
    await check.stage('settings', () => settings(session!));
  } finally {
    await session?.close();
  }
  return check.stages;
}

const user = (config: DataSourceConfig): string => String(config['user'] ?? 'the default user');

/** The request for TLS of the protocol: the server answers with one letter. */
async function askForTls(socket: Socket): Promise<void> {
  const request = Buffer.alloc(8);
  request.writeInt32BE(8, 0);
  request.writeInt32BE(80_877_103, 4);
  socket.write(request);
  if ((await nextBytes(socket)).toString('latin1', 0, 1) !== 'S') throw noTls();
}

/** By SQLSTATE: what of user, password, database and the server's own rules to change. */
function signInRemedy({ cause }: SluiceError, config: DataSourceConfig): string | undefined {
  const { code = '', message = '' } = (cause ?? {}) as { code?: string; message?: string };
  const database = String(config['database']);
  if (code === '28P01') return `Correct the password of ${user(config)}, or the user.`;
  if (code === '3D000')
    return `Correct the database name "${database}", or create it: create database ${quote(database)}`;
  if (code === '28000' && message.includes('pg_hba.conf'))
    return `Add a line to pg_hba.conf of the server that lets ${user(config)} into ${database} from this worker, then: select pg_reload_conf()`;
  if (code === '28000') return `Correct the user ${user(config)}, or create it with login.`;
  if (code === '42501') return `grant connect on database ${quote(database)} to ${quote(user(config))}`;
  if (code === '53300') return 'Raise max_connections of the server, or let other sessions end.';
  return undefined;
}

const TABLES = `from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p', 'v', 'm', 'f')
  and n.nspname <> 'information_schema' and n.nspname not like 'pg\\_%' and c.relname not like '\\_sluice\\_%'`;

async function list(session: Session): Promise<string> {
  const [row] = await session.query(`select count(*)::text, count(distinct n.nspname)::text ${TABLES}`);
  return `${row![0]} tables and views in ${row![1]} schemas.`;
}

/** Whether anything can be read or made here; one of the two is enough. */
async function privileges(session: Session): Promise<Found> {
  const [row] = await session.query(
    `select current_user::text, current_schema()::text, coalesce(has_schema_privilege(current_schema(), 'create'), false)::int::text,
       (select count(*) ${TABLES})::text,
       (select count(*) ${TABLES} and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select'))::text,
       (select min(n.nspname) ${TABLES} and not (has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')))`,
  );
  const [who, schema, mayCreate, tables, readable, hidden] = row as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const place = quote(hidden ?? schema ?? 'public');
  const toRead = `grant usage on schema ${place} to ${quote(who)}; grant select on all tables in schema ${place} to ${quote(who)}`;
  const toWrite = `grant usage, create on schema ${quote(schema ?? 'public')} to ${quote(who)}`;
  if (mayCreate === '0' && tables !== '0' && readable === '0')
    throw new SluiceError('SLUICE_SRC_PRIVILEGE', {
      detail: `${who} may read none of ${tables} tables and create none in ${schema ?? 'any schema'}.`,
      hint: toRead,
    });
  const detail = `Can read ${readable} of ${tables} tables; ${mayCreate === '1' ? 'can' : 'cannot'} create tables in ${schema ?? 'any schema'}.`;
  const missing = [
    ...(readable === tables ? [] : [`To read all: ${toRead}`]),
    ...(mayCreate === '1' ? [] : [`To write: ${toWrite}`]),
  ];
  return missing.length === 0 ? { detail } : { detail, remedy: missing.join('. ') };
}

async function settings(session: Session): Promise<Found> {
  const [row] = await session.query(
    `select current_setting('server_version'), current_setting('server_encoding'), current_setting('wal_level'),
       pg_is_in_recovery()::int::text, current_setting('default_transaction_read_only')`,
  );
  const [version, encoding, wal, inRecovery, readOnly] = row as [string, string, string, string, string];
  const detail = `PostgreSQL ${version}, ${encoding}, wal_level ${wal}.`;
  if (inRecovery === '1')
    return {
      detail: `${detail} It is a standby.`,
      remedy: 'As a target use its primary: a standby takes no rows.',
    };
  if (readOnly === 'on')
    return {
      detail: `${detail} Sessions are read only.`,
      remedy: 'As a target: alter role ... set default_transaction_read_only = off',
    };
  return { detail };
}
