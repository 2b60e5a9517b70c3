import { createHash } from 'node:crypto';
import type { AuditEntry, AuditLog, AuditQuery, AuditVerdict, Audited, KeptAuditEntry } from '@sluice/ports';
import type { SqlDatabase, SqlRow, SqlValue } from './sql-database.ts';

/** What the first entry of a chain follows. */
const BEGINNING = '0'.repeat(64);
/** Entries that are looked at together. */
const BLOCK = 1000;

/** The audit log as one hash chain a workspace; triggers refuse to change or delete what it has. */
export class SqlAudit implements AuditLog {
  readonly #database: SqlDatabase;
  readonly #within: (database: SqlDatabase) => Audited;

  /** @param within the store on a database, for changes inside a transaction */
  constructor(database: SqlDatabase, within: (database: SqlDatabase) => Audited) {
    this.#database = database;
    this.#within = within;
  }

  record<T>(
    workspace: string,
    change: (store: Audited) => Promise<{ readonly result: T; readonly entry?: AuditEntry }>,
  ): Promise<T> {
    return this.#database.alone(`audit ${workspace}`, async (alone) => {
      const { result, entry } = await change(this.#within(alone));
      if (entry !== undefined) await append(alone, workspace, entry);
      return result;
    });
  }

  async read(
    workspace: string,
    query: AuditQuery,
  ): Promise<{ entries: KeptAuditEntry[]; nextBefore?: number }> {
    const conditions = ['workspace = ?'];
    const parameters: SqlValue[] = [workspace];
    for (const [condition, value] of [
      ['n < ?', query.before],
      ['actor = ?', query.actor],
      ['action = ?', query.action],
      ['object = ?', query.object],
      ['time >= ?', query.since],
      ['time < ?', query.until],
    ] as const) {
      if (value === undefined) continue;
      conditions.push(condition);
      parameters.push(value);
    }
    const rows = await this.#database.query(
      `select n, body, hash from audit_entry where ${conditions.join(' and ')} order by n desc limit ?`,
      [...parameters, query.limit + 1],
    );
    const entries = rows.slice(0, query.limit).map(decode);
    return rows.length > query.limit ? { entries, nextBefore: entries.at(-1)!.n } : { entries };
  }

  async verify(workspace: string): Promise<AuditVerdict> {
    let [entries, head] = [0, BEGINNING];
    for (;;) {
      const rows = await this.#database.query(
        'select n, body, hash from audit_entry where workspace = ? and n > ? order by n limit ?',
        [workspace, entries, BLOCK],
      );
      for (const row of rows) {
        const n = entries + 1;
        const isWhole = Number(row['n']) === n && row['hash'] === hashOf(workspace, n, head, row['body']);
        if (!isWhole) return { entries, head, brokenAt: n };
        [entries, head] = [n, String(row['hash'])];
      }
      if (rows.length < BLOCK) return { entries, head };
    }
  }
}

async function append(database: SqlDatabase, workspace: string, entry: AuditEntry): Promise<void> {
  const [last] = await database.query(
    'select n, hash from audit_entry where workspace = ? order by n desc limit 1',
    [workspace],
  );
  const n = Number(last?.['n'] ?? 0) + 1;
  const body = JSON.stringify(entry);
  const { time, actor, action, object } = entry;
  await database.change(
    'insert into audit_entry (workspace, n, time, actor, action, object, body, hash) values (?, ?, ?, ?, ?, ?, ?, ?)',
    [
      workspace,
      n,
      time,
      actor,
      action,
      object,
      body,
      hashOf(workspace, n, String(last?.['hash'] ?? BEGINNING), body),
    ],
  );
}

function hashOf(workspace: string, n: number, before: string, body: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify([workspace, n, before, body]))
    .digest('hex');
}

function decode(row: SqlRow): KeptAuditEntry {
  return {
    ...(JSON.parse(String(row['body'])) as AuditEntry),
    n: Number(row['n']),
    hash: String(row['hash']),
  };
}
