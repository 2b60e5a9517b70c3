import { SluiceError } from '@sluice/model';

/** Longest identifier of PostgreSQL, in bytes: it cuts longer ones silently. */
const LONGEST = 63;

/** Quotes an identifier. Throws SLUICE_CFG_INVALID for one that PostgreSQL would refuse or cut. */
export function quote(name: string): string {
  if (name === '' || name.includes('\0') || Buffer.byteLength(name) > LONGEST)
    throw new SluiceError('SLUICE_CFG_INVALID', {
      detail: `The name ${JSON.stringify(name.slice(0, 80))} is empty, has a NUL or is longer than 63 bytes.`,
    });
  return `"${name.replaceAll('"', '""')}"`;
}

/** Quotes a literal; legal only with standard_conforming_strings on, which every session of ours sets. */
export function literal(text: string): string {
  if (text.includes('\0')) throw new SluiceError('SLUICE_CFG_INVALID', 'A value has a NUL character.');
  return `'${text.replaceAll("'", "''")}'`;
}

export interface TableName {
  readonly schema: string;
  readonly table: string;
  /** Both parts quoted. */
  readonly quoted: string;
}

/** Reads `table`, `schema.table`, `"a.b"."c"`; an unquoted part is taken as it stands, not folded. */
export function parseTable(text: string): TableName {
  const found = /^(?:(?:"((?:[^"]|"")+)"|([^".]+))\.)?(?:"((?:[^"]|"")+)"|([^".]+))$/.exec(text);
  if (found === null)
    throw new SluiceError('SLUICE_CFG_INVALID', {
      detail: `${JSON.stringify(text)} is no table name.`,
      place: '/table',
    });
  const part = (quoted: string | undefined, plain: string | undefined): string | undefined =>
    quoted?.replaceAll('""', '"') ?? plain;
  const schema = part(found[1], found[2]) ?? 'public';
  const table = part(found[3], found[4])!;
  return { schema, table, quoted: `${quote(schema)}.${quote(table)}` };
}
