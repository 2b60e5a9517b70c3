import { SluiceError } from '@sluice/model';

/** How a dialect quotes and comments, as far as it decides where a condition ends. */
export interface FilterSyntax {
  /** A backslash escapes in every quoted text ('all'), only in those that begin with E ('E'), or nowhere. */
  readonly backslash: 'all' | 'E' | 'none';
  /** `#` begins a comment. */
  readonly hashComment: boolean;
  /** Characters that open a quoted text or name and close it. */
  readonly quotes: string;
  /** Characters that are refused, because they quote in another way: `$` (`$tag$`), `[` (`[name]`). */
  readonly refused: string;
}

/**
 * Proves that a user's condition is one balanced expression: no end of statement, no comment, nothing that would close
 * the parenthesis it is put in. What it means is the server's business, in a read-only transaction. Throws
 * SLUICE_CFG_INVALID.
 */
export function checkFilter(where: string, syntax: FilterSyntax): string {
  const refuse = (reason: string): never => {
    throw new SluiceError('SLUICE_CFG_INVALID', { detail: `The filter ${reason}.`, place: 'where' });
  };
  let depth = 0;
  for (let i = 0; i < where.length; i++) {
    const char = where[i]!;
    const next = where[i + 1] ?? '';
    if (syntax.quotes.includes(char)) i = endOfQuote(where, i, syntax) ?? refuse('has an open quote');
    else if (char === ';') refuse('contains a semicolon');
    else if (char === '#' && syntax.hashComment) refuse('contains a comment');
    else if (char === '-' && next === '-') refuse('contains a comment');
    else if (char === '/' && next === '*') refuse('contains a comment');
    else if (char === '*' && next === '/') refuse('contains a comment');
    else if (char === '\0') refuse('contains a NUL');
    else if (syntax.refused.includes(char)) refuse(`contains ${char}`);
    else if (char === '(') depth++;
    else if (char === ')' && --depth < 0) refuse('closes a parenthesis that it did not open');
  }
  if (depth !== 0) refuse('leaves a parenthesis open');
  if (where.trim() === '') refuse('is empty');
  return where;
}

/** Index of the closing quote; a doubled quote and, where it escapes, a backslash keep it open. */
function endOfQuote(text: string, start: number, { backslash }: FilterSyntax): number | undefined {
  const quote = text[start]!;
  // An E that ends a word is no prefix: in `like'\'` the backslash is the whole text.
  const prefixed = backslash === 'E' && quote === "'" && /(^|[^\p{L}\p{N}_$])e$/iu.test(text.slice(0, start));
  const escapes = prefixed || (backslash === 'all' && quote !== '`');
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === '\\' && escapes) i++;
    else if (text[i] === quote) {
      if (text[i + 1] !== quote) return i;
      i++;
    }
  }
  return undefined;
}
