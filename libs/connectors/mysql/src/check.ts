import type { Socket } from 'node:net';
import {
  type CheckStage,
  ConnectionCheck,
  type DataSourceConfig,
  type Found,
  nextBytes,
  noTls,
} from '@sluice/connector-sdk';
import { SluiceError } from '@sluice/model';
import { type Link, readSettings, type Settings } from './connection.ts';
import { classify, errnoOf } from './errors.ts';
import { literal, quoteName } from './identifier.ts';
import { openReadSession } from './read-session.ts';

/** Tests a data source in stages; the first that fails ends it. */
export async function checkConnection(
  config: DataSourceConfig,
  signal: AbortSignal,
): Promise<readonly CheckStage[]> {
  const check = new ConnectionCheck(signal, (error) => classify(error, 'source'));
  let settings: Settings;
  try {
    settings = readSettings(config);
  } catch (error) {
    await check.stage('resolve', () => Promise.reject(error));
    return check.stages;
  }
  await check.reach(settings.host, settings.port);
  if (settings.tls) await check.tls(settings.host, settings.port, settings.ca, askForTls);
  let link: Link | undefined;
  try {
    await check.stage(
      'authenticate',
      async () => {
        link = await openReadSession(settings);
        return `Signed in as ${settings.user} to ${settings.database}${settings.tls ? '' : ', without TLS'}.`;
      },
      { remedy: (error) => signInRemedy(error, settings) },
    );
    await check.stage('list', () => list(link!));
    await check.stage('privileges', () => privileges(link!, settings));
    await check.stage('settings', () => serverSettings(link!));
  } finally {
    await link?.end();
  }
  return check.stages;
}

/** Capability flags of the protocol. */
const SSL = 0x0800;
const PROTOCOL_41 = 0x0200;
const SECURE_CONNECTION = 0x8000;

/** Reads the server's greeting and asks for TLS as a client does. */
async function askForTls(socket: Socket): Promise<void> {
  const greeting = await nextBytes(socket);
  // An error packet instead: too many connections, or this host is not allowed.
  if (greeting[4] === 0xff) {
    const errno = greeting.readUInt16LE(5);
    throw Object.assign(new Error(greeting.toString('utf8', 7)), { errno });
  }
  const version = greeting.indexOf(0, 5);
  const capabilities = greeting.readUInt16LE(version + 1 + 4 + 8 + 1);
  if ((capabilities & SSL) === 0) throw noTls();
  const request = Buffer.alloc(36);
  request.writeUIntLE(32, 0, 3);
  request[3] = 1;
  request.writeUInt32LE(SSL | PROTOCOL_41 | SECURE_CONNECTION, 4);
  request.writeUInt32LE(1 << 24, 8);
  request[12] = 45;
  socket.write(request);
}

/** By errno: what of user, password, host and database to change. */
function signInRemedy(error: SluiceError, { user, database }: Settings): string | undefined {
  switch (errnoOf(error)) {
    case 1045:
    case 1698:
      return `Correct the password of ${user}, or the user; the account must be for the host of this worker: select user, host from mysql.user`;
    case 1130:
      return `Create the account for the host of this worker: create user ${literal(user)}@'<host>' identified by ...`;
    case 1044:
      return `grant select on ${quoteName(database)}.* to ${literal(user)}@'<host>' (or correct the database name "${database}")`;
    case 1049:
      return `Correct the database name "${database}", or create it: create database ${quoteName(database)}`;
    case 1040:
    case 1203:
    case 1226:
      return 'Raise max_connections of the server or of the user, or let other sessions end.';
    default:
      return undefined;
  }
}

async function list(link: Link): Promise<string> {
  const answer = await link.query(
    'select count(*) from information_schema.tables where table_schema = database()',
  );
  return `${answer.rows[0]?.[0] ?? '0'} tables and views can be seen.`;
}

interface Grants {
  readonly account: string;
  readonly has: (privilege: string) => boolean;
}

/** What the account may do in the database as a whole; rights on single tables show in `list`. */
async function grantsOf(link: Link): Promise<Grants> {
  const grantee = `concat('''', replace(current_user(), '@', '''@'''), '''')`;
  const found = await link.query(
    `select privilege_type from information_schema.user_privileges where grantee = ${grantee}
     union select privilege_type from information_schema.schema_privileges
       where grantee = ${grantee} and database() like table_schema`,
  );
  const who = await link.query('select current_user()');
  const names = new Set(found.rows.map(([name]) => name));
  const [user = '', host = ''] = (who.rows[0]?.[0] ?? '').split('@');
  return { account: `${literal(user)}@${literal(host)}`, has: (privilege) => names.has(privilege) };
}

const TO_WRITE = ['CREATE', 'INSERT', 'UPDATE', 'DELETE'];

async function privileges(link: Link, { database }: Settings): Promise<Found> {
  const { account, has } = await grantsOf(link);
  const seen = await link.query(
    `select count(*) from information_schema.table_privileges where table_schema = database() and privilege_type = 'SELECT'`,
  );
  const tables = Number(seen.rows[0]?.[0] ?? 0);
  const missing = TO_WRITE.filter((privilege) => !has(privilege));
  const on = `on ${quoteName(database)}.* to ${account}`;
  if (!has('SELECT') && tables === 0 && !has('CREATE'))
    throw new SluiceError('SLUICE_SRC_PRIVILEGE', {
      detail: `${account} may neither read nor create tables in ${database}.`,
      hint: `grant select ${on}`,
    });
  const reads = has('SELECT') ? 'Can read all tables' : `Can read ${tables} tables`;
  if (missing.length === 0) return { detail: `${reads}; can create and write tables.` };
  return {
    detail: `${reads}; lacks ${missing.join(', ')} for a target.`,
    remedy: `To write: grant select, create, insert, update, delete ${on}`,
  };
}

async function serverSettings(link: Link): Promise<Found> {
  const answer = await link.query(
    'select version(), @@global.local_infile, @@global.read_only, @@global.log_bin',
  );
  const [version, infile, readOnly, binlog] = answer.rows[0] ?? [];
  const way = infile === '1' ? 'LOAD DATA' : 'multi-row INSERT (local_infile is off)';
  const detail = `${version}; as a target it is written by ${way}; binary log ${binlog === '1' ? 'on' : 'off'}.`;
  if (readOnly === '1')
    return { detail, remedy: 'As a target: set global read_only = off, or use the primary.' };
  if (infile !== '1') return { detail, remedy: 'For faster writing: set global local_infile = on' };
  return { detail };
}
