import { createHash } from 'node:crypto';
import { SluiceError } from '@sluice/model';
import type { SqlDatabase } from './sql-database.ts';

/** Collections in the order of the store's port; the second entry says which names must be unique. */
export const COLLECTIONS: readonly (readonly [table: string, unique: 'none' | 'name' | 'workspace-name'])[] =
  [
    ['workspace', 'name'],
    ['access_key', 'none'],
    ['data_source', 'workspace-name'],
    ['task', 'workspace-name'],
    ['run', 'none'],
    ['split', 'none'],
    ['worker', 'none'],
    ['errand', 'none'],
    ['event', 'none'],
    ['dirty_record', 'none'],
    ['idempotency', 'none'],
  ];

function collection([table, unique]: (typeof COLLECTIONS)[number]): string[] {
  const statements = [
    `create table ${table} (id text primary key, workspace text, parent text, state text, name text,
       version bigint not null, body text not null)`,
    `create index ${table}_parent on ${table} (parent, id)`,
    `create index ${table}_workspace on ${table} (workspace, id)`,
    `create index ${table}_state on ${table} (state, id)`,
  ];
  if (unique === 'name') statements.push(`create unique index ${table}_name on ${table} (name)`);
  if (unique === 'workspace-name')
    statements.push(`create unique index ${table}_name on ${table} (workspace, name)`);
  return statements;
}

/** The store itself keeps what is in the audit log: neither a mistake of ours nor a statement by hand changes or deletes an entry. */
const KEPT: Readonly<Record<SqlDatabase['dialect'], readonly string[]>> = {
  sqlite: ['update', 'delete'].map(
    (verb) => `create trigger audit_entry_${verb} before ${verb} on audit_entry
       begin select raise(abort, 'the audit log is only appended to'); end`,
  ),
  postgres: [
    `create function audit_entry_kept() returns trigger language plpgsql as
       $$ begin raise exception 'the audit log is only appended to'; end $$`,
    `create trigger audit_entry_kept before update or delete or truncate on audit_entry
       for each statement execute function audit_entry_kept()`,
  ],
};

/** One history, which differs between the dialects only where they do. Only ever appended to: an applied migration is pinned by its checksum. */
const migrations = (dialect: SqlDatabase['dialect']): readonly (readonly string[])[] => [
  [
    ...COLLECTIONS.flatMap(collection),
    `create table run_log_block (run text not null, first_line bigint not null, last_line bigint not null,
       body text not null, primary key (run, first_line))`,
    `create table avro_schema (id bigint primary key, fingerprint text not null unique, body text not null)`,
    `create table schema_version (subject text not null, version bigint not null, schema_id bigint not null,
       primary key (subject, version))`,
  ],
  // D-24: whatever coordinators do at the same moment, a task has one active run.
  [
    `create unique index run_active on run (parent)
       where state in ('created', 'queued', 'running', 'retrying', 'stopping', 'cancelling')`,
  ],
  collection(['secret', 'workspace-name']),
  [
    `create table audit_entry (workspace text not null, n bigint not null, time bigint not null, actor text not null,
       action text not null, object text not null, body text not null, hash text not null, primary key (workspace, n))`,
    `create index audit_entry_object on audit_entry (workspace, object, n)`,
    ...KEPT[dialect],
  ],
];

const checksum = (statements: readonly string[]): string =>
  createHash('sha256').update(statements.join(';\n')).digest('hex');

/** Brings the schema up to date; safe with several processes at once. */
export async function migrate(database: SqlDatabase): Promise<void> {
  await database.alone('migrate', async (alone) => {
    await alone.change(
      'create table if not exists migration (number bigint primary key, checksum text not null, applied_at bigint not null)',
    );
    const applied = await alone.query('select number, checksum from migration order by number');
    for (const [number, statements] of migrations(database.dialect).entries()) {
      const known = applied[number];
      const sum = checksum(statements);
      if (known !== undefined) {
        if (known['checksum'] !== sum)
          throw new SluiceError('SLUICE_SYS_HOME', {
            detail: `The store was made by another version: migration ${number} differs.`,
            hint: 'Start the version of Sluice that made the store, or use another store.',
          });
        continue;
      }
      for (const statement of statements) await alone.change(statement);
      await alone.change('insert into migration (number, checksum, applied_at) values (?, ?, ?)', [
        number,
        sum,
        Date.now(),
      ]);
    }
  });
}
