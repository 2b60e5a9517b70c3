import { SluiceError } from '@sluice/model';

/** A table in a database; `database` undefined: the connection's. */
export interface TableName {
  readonly database?: string;
  readonly name: string;
}

/** Quotes one identifier. Throws on what the server cannot hold: NUL, empty, more than 64 characters, trailing space. */
export function quoteName(name: string): string {
  if (name === '' || name.includes('\0') || [...name].length > 64 || name.endsWith(' '))
    throw new SluiceError('SLUICE_CFG_INVALID', `"${name.slice(0, 80)}" is not a name that MySQL allows.`);
  return `\`${name.replaceAll('`', '``')}\``;
}

export function quoteTable(table: TableName): string {
  const name = quoteName(table.name);
  return table.database === undefined ? name : `${quoteName(table.database)}.${name}`;
}

const PART = /(?:`((?:[^`]|``)+)`|([^`.]+))(\.|$)/uy;

/** Reads `name`, `database.name`, with backticks around parts where needed. */
export function parseTable(text: string): TableName {
  const parts: string[] = [];
  const trimmed = text.trim();
  PART.lastIndex = 0;
  let open = true;
  while (open) {
    const match = PART.exec(trimmed);
    if (match === null) break;
    parts.push(match[1] === undefined ? match[2]! : match[1].replaceAll('``', '`'));
    open = match[3] === '.';
  }
  if (open || parts.length < 1 || parts.length > 2)
    throw new SluiceError('SLUICE_CFG_INVALID', `"${text.slice(0, 200)}" is not a table name.`);
  parts.forEach(quoteName);
  return parts.length === 1 ? { name: parts[0]! } : { database: parts[0]!, name: parts[1]! };
}

/** The way a table's name is written so that `parseTable` reads it back. */
export function writeTable(table: TableName): string {
  const part = (name: string): string => (/^[\p{L}\p{N}_$]+$/u.test(name) ? name : quoteName(name));
  return table.database === undefined ? part(table.name) : `${part(table.database)}.${part(table.name)}`;
}

/** Whether a session's answer to backslashes in literals is known: all of ours set their own sql_mode. */
// oxlint-disable-next-line no-control-regex -- exactly the characters that need an escape
const SPECIAL = /[\0'\\\x1a]/g;

/** A text literal; legal where sql_mode is ours (backslash escapes on). */
export function literal(text: string): string {
  return `'${text.replace(SPECIAL, (char) => (char === '\0' ? '\\0' : char === '\x1a' ? '\\Z' : `\\${char}`))}'`;
}

/** A literal or null. */
export function literalOrNull(text: string | null | undefined): string {
  return text === null || text === undefined ? 'null' : literal(text);
}

/** A literal of raw bytes given in hexadecimal. */
export function hexLiteral(hex: string): string {
  if (!/^(?:[0-9a-f]{2})*$/i.test(hex)) throw new SluiceError('SLUICE_SYS_BUG', 'Not hexadecimal.');
  return `x'${hex}'`;
}
