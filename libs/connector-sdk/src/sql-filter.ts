import { SluiceError } from '@sluice/model';
import { type FilterSyntax, sqlTokens, type SqlToken } from './sql-tokens.ts';

export type { FilterSyntax } from './sql-tokens.ts';

/** Where the parameters of a reader stand in a task document. */
export const READER_PARAMETERS = '/reader/parameters';

/** Words that change something or lock it, wherever they stand in a statement; as the name of a function they do not. */
const CHANGING: ReadonlySet<string> = new Set(['insert', 'update', 'delete', 'merge', 'replace', 'into']);
/** What follows FOR where it locks rows. */
const LOCKING: ReadonlySet<string> = new Set(['update', 'share', 'no', 'key']);

type Refuse = (does: string, hint?: string) => never;

/** An error that says what a text of the user does, where it stands and how it can be mended. */
function refusal(what: string, place: string, usual: string): Refuse {
  return (does, hint = usual) => {
    const detail = `${what} ${does}.`;
    throw new SluiceError('SLUICE_CFG_INVALID', {
      detail,
      place,
      hint,
      fields: [{ pointer: place, detail, hint }],
    });
  };
}

/**
 * Proves that a user's condition is one balanced expression: no end of statement, no comment, nothing that would close
 * the parenthesis it is put in, and nothing that changes or locks rows (S-40). What it means is the server's business, in a
 * read-only transaction. Throws SLUICE_CFG_INVALID.
 */
export function checkFilter(
  where: string,
  syntax: FilterSyntax,
  place = `${READER_PARAMETERS}/where`,
): string {
  const refuse = refusal('The filter', place, 'Write one condition, without comments and semicolons.');
  expressionTokens(where, syntax, refuse);
  return where;
}

/** The same for what is selected as one column. */
export function checkExpression(sql: string, syntax: FilterSyntax, place: string): string {
  const refuse = refusal(
    'The expression',
    place,
    'Write one SQL expression, without comments and semicolons.',
  );
  const tokens = expressionTokens(sql, syntax, refuse);
  if (tokens.some(({ text, depth }) => text === ',' && depth === 0))
    refuse(
      'is more than one: it has a comma outside of parentheses',
      'Give each expression a name of its own.',
    );
  return sql;
}

/**
 * Proves that a user's query is one statement that only reads: SELECT or WITH, without comments, nothing that changes or locks rows or
 * writes them somewhere (S-40). Answers it without the semicolon at its end. Throws SLUICE_CFG_INVALID.
 */
export function checkQuery(sql: string, syntax: FilterSyntax, place: string): string {
  const refuse = refusal('The query', place, 'Write one SELECT, without comments.');
  const query = sql.trim().replace(/;$/, '').trimEnd();
  if (query === '') refuse('is empty');
  const tokens = sqlTokens(query, syntax, refuse);
  if (tokens.some(({ kind, text }) => kind === 'mark' && text === ';'))
    refuse('is more than one statement', 'Give each statement as a query of its own, in queries.');
  const first = tokens.find(({ text }) => text !== '(');
  if (first?.kind !== 'word' || (first.text !== 'select' && first.text !== 'with'))
    refuse('begins with neither SELECT nor WITH');
  onlyReads(tokens, refuse);
  return query;
}

function expressionTokens(text: string, syntax: FilterSyntax, refuse: Refuse): readonly SqlToken[] {
  if (text.trim() === '') refuse('is empty');
  const tokens = sqlTokens(text, syntax, refuse);
  if (tokens.some(({ kind, text: mark }) => kind === 'mark' && mark === ';')) refuse('contains a semicolon');
  onlyReads(tokens, refuse);
  return tokens;
}

function onlyReads(tokens: readonly SqlToken[], refuse: Refuse): void {
  for (const [i, { kind, text }] of tokens.entries()) {
    if (kind !== 'word' || tokens[i - 1]?.text === '.') continue;
    const next = tokens[i + 1];
    const says = next?.kind === 'word' ? next.text : '';
    const locks = (text === 'for' && LOCKING.has(says)) || (text === 'lock' && says === 'in');
    if (locks)
      refuse(`locks rows: ${text} ${says}`, 'Leave it out: what is read is one consistent view anyway.');
    if (CHANGING.has(text) && next?.text !== '(')
      refuse(
        `has the word ${text.toUpperCase()}`,
        'A source is only read. Put a column of that name in quotes.',
      );
  }
}
