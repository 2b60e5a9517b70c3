import type { Kind, Place } from '../e2e/pairs.ts';

/** The printed value of a column for each id; absent: null. */
export type Printed = ReadonlyMap<number, Buffer>;

/** The type of every column of a table, as its server names it. */
export async function typesOf(at: Place, table: string): Promise<ReadonlyMap<string, string>> {
  const list = await at.value(
    {
      postgres: `select string_agg(attname || ':' || format_type(atttypid, atttypmod), e'\\n') from pg_attribute where attrelid = '${table}'::regclass and attnum > 0`,
      mysql: `select group_concat(column_name, ':', column_type separator '\\n') from information_schema.columns where table_schema = database() and table_name = '${table}'`,
      sqlite: `select group_concat(name || ':' || type, char(10)) from pragma_table_xinfo('${table}')`,
    }[at.kind],
  );
  return new Map(
    list.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  );
}

/** All values of a column that are not null, printed by the server itself. */
export async function printed(at: Place, table: string, column: string, type: string): Promise<Printed> {
  const value = hex(at.kind, column, type);
  const list = await at.value(
    {
      postgres: `select coalesce(string_agg(id || ':' || ${value}, ','), '') from ${table} where num_nonnulls(${column}) = 1`,
      mysql: `select coalesce(group_concat(id, ':', ${value}), '') from ${table} where ${column} is not null`,
      sqlite: `select coalesce(group_concat(id || ':' || ${value}), '') from ${table} where ${column} is not null`,
    }[at.kind],
  );
  const pairs = list === '' ? [] : list.split(',').map((entry) => entry.split(':') as [string, string]);
  return new Map(pairs.map(([id, bytes]) => [Number(id), Buffer.from(bytes, 'hex')]));
}

/** SQL that prints a value and gives the text's bytes in hexadecimal, so that nothing on the way can change them. */
function hex(kind: Kind, column: string, type: string): string {
  if (kind === 'postgres') {
    if (type === 'bytea') return `encode(${column}, 'hex')`;
    // The text of a char(n) hides its padding.
    if (type.startsWith('character(')) return `encode(bpcharsend(${column}), 'hex')`;
    // The cast to text adds a netmask to an address.
    if (type === 'inet') return `encode(convert_to(textin(inet_out(${column})), 'UTF8'), 'hex')`;
    // The shortest text of a real is not that of the same double.
    const wide = type === 'real' ? '::float8' : '';
    return `encode(convert_to(${column}${wide}::text, 'UTF8'), 'hex')`;
  }
  if (kind === 'sqlite')
    return `case typeof(${column}) when 'real' then hex(printf('%!.17g', ${column})) else hex(${column}) end`;
  if (/^(tiny|medium|long)?blob|binary|^(geometry|point)/.test(type)) return `hex(${column})`;
  const bits = /^bit\((\d+)\)/.exec(type)?.[1];
  if (bits !== undefined) return `hex(lpad(bin(${column} + 0), ${bits}, '0'))`;
  // A FLOAT by itself is printed with six digits.
  if (type.startsWith('float')) return `hex(cast(${column} * 1e0 as char))`;
  return `hex(convert(cast(${column} as char) using utf8mb4))`;
}
