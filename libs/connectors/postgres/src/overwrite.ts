import { createHash } from 'node:crypto';
import { SluiceError, type WritePlan } from '@sluice/model';
import type { Session } from './connection.ts';
import { literal, parseTable, quote, type TableName } from './identifier.ts';

/** The staging table of a task's overwriting: in the schema of its target, one a task. */
export function stagingOf(table: string, { task }: WritePlan): TableName {
  const { schema } = parseTable(table);
  const name = `_sluice_new_${createHash('sha256').update(task).digest('hex').slice(0, 24)}`;
  return { schema, table: name, quoted: `${quote(schema)}.${quote(name)}` };
}

/** What hangs on a table by its identity and would stay with the old one, with the query that finds it. */
const TIES: readonly (readonly [what: string, sql: string])[] = [
  [
    'a foreign key of another table',
    `select 1 from pg_constraint where confrelid = $1::regclass and contype = 'f' and conrelid <> confrelid`,
  ],
  ['a foreign key', `select 1 from pg_constraint where conrelid = $1::regclass and contype = 'f'`],
  [
    'a view or rule',
    `select 1 from pg_depend d join pg_rewrite r on r.oid = d.objid and d.classid = 'pg_rewrite'::regclass
       where d.refclassid = 'pg_class'::regclass and d.refobjid = $1::regclass`,
  ],
  ['a trigger', `select 1 from pg_trigger where tgrelid = $1::regclass and not tgisinternal`],
  ['a row security policy', `select 1 from pg_policy where polrelid = $1::regclass`],
  [
    'partitions or inheritance',
    `select 1 from pg_inherits where inhrelid = $1::regclass or inhparent = $1::regclass`,
  ],
  ['another kind than that of a table', `select 1 from pg_class where oid = $1::regclass and relkind <> 'r'`],
];

/**
 * Makes the staging table anew: columns, defaults, checks, keys, indexes, comments and the rights of others like the target's. Refuses
 * a target that has what would be lost in a swap, or that another role owns.
 */
export async function createStaging(session: Session, table: string, plan: WritePlan): Promise<void> {
  const target = parseTable(table).quoted;
  for (const [what, sql] of TIES)
    if ((await session.query(`${sql} limit 1`, [target])).length > 0)
      throw new SluiceError('SLUICE_TGT_QUERY', {
        detail: `Table ${table} has ${what}, which would stay with the old table when it is overwritten.`,
        hint: 'Remove it, or empty the table first (truncateFirst) instead of overwriting it.',
      });
  const [owner] = await session.query(
    `select pg_has_role(relowner, 'usage')::int::text from pg_class where oid = $1::regclass`,
    [target],
  );
  if (owner?.[0] !== '1')
    throw new SluiceError('SLUICE_TGT_PRIVILEGE', {
      detail: `Table ${table} is owned by a role that the user of the data source is no member of.`,
      hint: `alter table ${target} owner to the user of the data source`,
    });
  const staging = stagingOf(table, plan).quoted;
  await discardStaging(session, table, plan);
  await session.query(`create table ${staging} (like ${target} including all)`);
  const grants = await session.query(
    `select format('grant %s on %s to %s%s', a.privilege_type, $2::text,
         case when a.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end,
         case when a.is_grantable then ' with grant option' else '' end)
       from pg_class c, aclexplode(c.relacl) a where c.oid = $1::regclass and a.grantee <> c.relowner`,
    [target, staging],
  );
  for (const [grant] of grants) await session.query(grant!);
}

export async function discardStaging(session: Session, table: string, plan: WritePlan): Promise<void> {
  await session.query(`drop table if exists ${stagingOf(table, plan).quoted}`);
}

/** In one transaction: readers wait a moment for its lock, and then see the new rows. Sequences go over, with where they stand. */
export async function swapStaging(session: Session, table: string, plan: WritePlan): Promise<void> {
  const { quoted: target, table: name } = parseTable(table);
  const staging = stagingOf(table, plan).quoted;
  await session.query(`lock table ${target} in access exclusive mode`);
  const sequences = await session.query(
    `select d.deptype::text, s.oid::regclass::text, quote_ident(a.attname), a.attname::text
       from pg_depend d join pg_class s on s.oid = d.objid and s.relkind = 'S'
       join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
       where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid = $1::regclass and d.deptype in ('a', 'i')`,
    [target],
  );
  for (const [kind, sequence, column, plain] of sequences)
    await session.query(
      kind === 'a'
        ? `alter sequence ${sequence} owned by ${staging}.${column}`
        : `select setval(pg_get_serial_sequence(${literal(staging)}, ${literal(plain!)}), last_value, is_called) from ${sequence}`,
    );
  await session.query(`drop table ${target}`);
  await session.query(`alter table ${staging} rename to ${quote(name)}`);
}
