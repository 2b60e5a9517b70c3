import { SluiceError } from '@sluice/model';
import { endOfQuote, type FilterSyntax } from './sql-tokens.ts';

/** Longest statement, in characters. */
const LONGEST = 64 * 1024;

/** What a task's own statements may begin with (S-40). Tables that they create are of the session and gone with it. */
const ALLOWED: readonly RegExp[] = [
  /^(?:truncate|delete|insert|update|analyze)\b/i,
  /^create\s+(?:(?:local|global)\s+)?temp(?:orary)?\s+table\b/i,
  /^drop\s+temporary\s+table\b/i,
  /^drop\s+table\s+(?:if\s+exists\s+)?(?:pg_temp|temp)\s*\.\s*(?:"[^"]+"|\w+)$/i,
];

/** Makes or removes what lives with the session. */
const OF_SESSION = /^(?:create|drop)\b/i;

/** A statement of a task's `preSql` or `postSql` that was looked at. */
export interface OwnStatement {
  /** Makes or removes a table that lives with the session. */
  readonly isOfSession: boolean;
  /** `truncate`, `delete`, ... in lower case. */
  readonly verb: string;
  /** The statement with the target table in the place of each `@table` outside quotes. */
  on(table: string): string;
}

const HINT =
  'Write one statement without comments: truncate, delete, insert, update, analyze, or create or drop of a temporary table.';

/** The text without blanks around it and without the semicolon at its end. */
function trimmed(text: string): string {
  return text.trim().replace(/;\s*$/, '').trimEnd();
}

/** What can be said of a statement without its dialect: throws SLUICE_CFG_INVALID unless it begins as an allowed one does. */
export function checkBeginning(text: string, place: string): void {
  const sql = trimmed(text);
  if (ALLOWED.some((begins) => begins.test(sql))) return;
  const detail = `A statement that begins with ${JSON.stringify(sql.slice(0, 20))} is not allowed.`;
  throw new SluiceError('SLUICE_CFG_INVALID', {
    detail,
    place,
    hint: HINT,
    fields: [{ pointer: place, detail }],
  });
}

/**
 * Proves that a text is one statement of an allowed kind, without comments (S-40). What it does is the user's business, with the rights
 * of the data source's user. Throws SLUICE_CFG_INVALID at `place`.
 */
export function ownStatement(text: string, syntax: FilterSyntax, place: string): OwnStatement {
  const refuse = (detail: string): never => {
    throw new SluiceError('SLUICE_CFG_INVALID', { detail, place, hint: HINT });
  };
  const sql = trimmed(text);
  if (sql.length > LONGEST) refuse(`The statement has more than ${LONGEST} characters.`);
  checkBeginning(sql, place);
  /** Texts between the places of `@table`. */
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < sql.length; at++) {
    const char = sql[at]!;
    if (syntax.quotes.includes(char))
      at = endOfQuote(sql, at, syntax) ?? refuse('The statement has an open quote.');
    else if (char === ';') refuse('There is more than one statement.');
    else if (/^(?:--|\/\*|\*\/)/.test(sql.slice(at, at + 2)) || (char === '#' && syntax.hashComment))
      refuse('The statement has a comment.');
    else if (char === '\0' || syntax.refused.includes(char))
      refuse(`The statement has ${JSON.stringify(char)}.`);
    else if (char === '@' && /^@table\b/.test(sql.slice(at, at + 7))) {
      parts.push(sql.slice(from, at));
      from = at + '@table'.length;
    }
  }
  parts.push(sql.slice(from));
  const verb = /^\w+/.exec(sql)![0].toLowerCase();
  return { isOfSession: OF_SESSION.test(sql), verb, on: (table) => parts.join(table) };
}
