/** A column of a reader as SQL would read it. */
export type ColumnText =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'constant'; readonly value: string | number | boolean | null }
  | { readonly kind: 'expression'; readonly sql: string };

const PLAIN_NAME = /^[\p{L}_][\p{L}\p{N}_$]*$/u;

/** Words that stand for a value without being the name of a column. */
const VALUE_WORDS =
  /^(current_date|current_time|current_timestamp|current_user|localtime|localtimestamp|session_user|user|sysdate|systimestamp|rownum)$/i;

/** Names that SQL takes for something else unless they are quoted. */
const RESERVED = new Set(
  (
    'all alter and any as asc between by case check column constraint create cross current_date current_time current_timestamp database ' +
    'default delete desc distinct drop else end exists false for foreign from full function grant group having in index inner insert ' +
    'interval into is join key left like limit lock match not null offset on or order outer primary range read references rename replace ' +
    'right rows select set show sql system table then to true union unique update user using values when where window with write'
  ).split(' '),
);

/** Names without quotes are folded to lower case there. */
const FOLDING = new Set(['postgres']);

/** What an entry of `column` is: `id`, `` `order` ``, `'constant'`, `42`, `now()`. */
export function readColumnText(text: string, connector: string): ColumnText {
  const word = text.trim();
  if (/^null$/i.test(word)) return { kind: 'constant', value: null };
  if (/^(true|false)$/i.test(word)) return { kind: 'constant', value: word.toLowerCase() === 'true' };
  // Between double quotes MySQL has a text, all others a name.
  const isMysql = connector === 'mysql';
  const quoted =
    /^`((?:[^`]|``)+)`$/.exec(word)?.[1] ?? (isMysql ? undefined : /^"((?:[^"]|"")+)"$/.exec(word)?.[1]);
  if (quoted !== undefined) return { kind: 'name', name: quoted.replaceAll(word[0]!.repeat(2), word[0]!) };
  const bracketed = /^\[([^[\]$]+)\]$/.exec(word)?.[1];
  if (bracketed !== undefined) return { kind: 'name', name: bracketed };
  const literal =
    /^'((?:[^']|'')*)'$/.exec(word)?.[1] ?? (isMysql ? /^"([^"\\]*)"$/.exec(word)?.[1] : undefined);
  // In MySQL a backslash begins an escape; only a doubled one is sure.
  const isSure = literal !== undefined && (!isMysql || !literal.replaceAll('\\\\', '').includes('\\'));
  if (isSure) {
    const value = literal.replaceAll("''", "'");
    return { kind: 'constant', value: isMysql ? value.replaceAll('\\\\', '\\') : value };
  }
  if (/^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?$/.test(word) && String(Number(word)) === word)
    return { kind: 'constant', value: Number(word) };
  if (PLAIN_NAME.test(word) && !VALUE_WORDS.test(word))
    return { kind: 'name', name: FOLDING.has(connector) ? word.toLowerCase() : word };
  return { kind: 'expression', sql: word };
}

/** The same as SQL text; reads back as what it was. */
export function writeColumnText(column: ColumnText, connector: string): string {
  if (column.kind === 'expression') return column.sql;
  if (column.kind === 'constant') {
    const { value } = column;
    if (typeof value !== 'string') return String(value);
    const text = connector === 'mysql' ? value.replaceAll('\\', '\\\\') : value;
    return `'${text.replaceAll("'", "''")}'`;
  }
  const { name } = column;
  const back =
    PLAIN_NAME.test(name) && !RESERVED.has(name.toLowerCase()) ? readColumnText(name, connector) : undefined;
  if (back?.kind === 'name' && back.name === name) return name;
  const quote = connector === 'mysql' ? '`' : '"';
  return quote + name.replaceAll(quote, quote + quote) + quote;
}

/** A target column, which is always a name: quotes around it are not part of it. */
export function readColumnName(text: string, connector: string): string {
  const found = readColumnText(text, connector);
  return found.kind === 'name' ? found.name : text.trim();
}
