import type { Parameters, TargetConnections, TargetSession } from '@sluice/connector-sdk';
import { SluiceError } from '@sluice/model';
import { Link, type Settings } from './connection.ts';
import { literal, parseTable, type TableName } from './identifier.ts';
import { lockName, MysqlSession } from './target-session.ts';

/** Sessions of one application that can be told apart. */
const SLOTS = 8;

/** Settings of every writing session (D-10, D-13, D-16). */
const SESSION = [
  'set names utf8mb4',
  "set session sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO'",
  `set session time_zone = '+00:00', autocommit = 1, innodb_lock_wait_timeout = 10, lock_wait_timeout = 30,
   net_read_timeout = 60, net_write_timeout = 60, max_error_count = 64, sql_notes = 1, foreign_key_checks = 1,
   unique_checks = 1`,
  'set session transaction isolation level read committed',
];

/** Opens sessions on one target table. */
export class MysqlConnections implements TargetConnections {
  readonly #settings: Settings;
  readonly #table: TableName;
  readonly #emptyAsNull: boolean;

  constructor(settings: Settings, parameters: Parameters) {
    const table = parameters['table'];
    if (typeof table !== 'string')
      throw new SluiceError('SLUICE_CFG_INVALID', { detail: 'No table is named.', place: 'table' });
    this.#settings = settings;
    this.#table = parseTable(table);
    this.#emptyAsNull = parameters['emptyAsNull'] === true;
  }

  async open(application: string): Promise<TargetSession & { close(): Promise<void> }> {
    const link = await Link.open(this.#settings, 'target', true);
    try {
      for (const statement of SESSION) await link.query(statement);
      const answer = await link.query('select version(), @@global.local_infile, @@max_allowed_packet');
      const [version, infile, maxPacket] = answer.rows[0] ?? [];
      // A holder that sleeps must not keep its locks for ever; MySQL can only limit the whole session.
      await link.query(
        /mariadb/i.test(version ?? '')
          ? 'set session idle_transaction_timeout = 60'
          : 'set session wait_timeout = 300',
      );
      await register(link, application);
      return new MysqlSession(link, {
        database: this.#settings.database,
        user: this.#settings.user,
        table: this.#table,
        emptyAsNull: this.#emptyAsNull,
        infile: infile === '1',
        maxPacket: Number(maxPacket),
      });
    } catch (error) {
      link.destroy();
      throw error;
    }
  }

  /** A lock that a session holds under its application's name says which connection it is; no table to go stale. */
  async terminate(application: string): Promise<void> {
    const link = await Link.open(this.#settings, 'target', true);
    try {
      for (let slot = 0; slot < SLOTS; slot++) {
        const answer = await link.query(`select is_used_lock(${slotName(application, slot)})`);
        const id = answer.rows[0]?.[0];
        // It may be gone by now, or another user's.
        if (typeof id === 'string') await link.query(`kill ${Number(id)}`).catch(() => undefined);
      }
    } finally {
      await link.end();
    }
  }
}

function slotName(application: string, slot: number): string {
  return literal(lockName(`session${slot}`, application));
}

/** Takes the first free slot of the application; without one the session just cannot be ended by name. */
async function register(link: Link, application: string): Promise<void> {
  for (let slot = 0; slot < SLOTS; slot++) {
    const answer = await link.query(`select get_lock(${slotName(application, slot)}, 0)`);
    if (answer.rows[0]?.[0] === '1') return;
  }
}
