import { SluiceError } from '@sluice/model';

const CLOSE: Readonly<Record<string, string>> = { '(': ')' };

/**
 * Proves that a user's condition is one balanced expression: no end of statement, no comment, nothing that would close
 * the parenthesis it is put in (S-40). What it means is the server's business, in a read-only transaction.
 */
export function checkFilter(where: string): string {
  const refuse = (reason: string): never => {
    throw new SluiceError('SLUICE_CFG_INVALID', { detail: `The filter ${reason}.`, place: 'where' });
  };
  let depth = 0;
  for (let i = 0; i < where.length; i++) {
    const char = where[i]!;
    const next = where[i + 1] ?? '';
    if (char === "'" || char === '"' || char === '`')
      i = endOfQuote(where, i, char) ?? refuse('has an open quote');
    else if (char === ';') refuse('contains a semicolon');
    else if (char === '#') refuse('contains a comment');
    else if (char === '-' && next === '-') refuse('contains a comment');
    else if (char === '/' && next === '*') refuse('contains a comment');
    else if (char === '*' && next === '/') refuse('contains a comment');
    else if (char === '\0') refuse('contains a NUL');
    else if (CLOSE[char] !== undefined) depth++;
    else if (char === ')' && --depth < 0) refuse('closes a parenthesis that it did not open');
  }
  if (depth !== 0) refuse('leaves a parenthesis open');
  if (where.trim() === '') refuse('is empty');
  return where;
}

/** Index of the closing quote; a doubled quote and, but in backticks, a backslash keep it open. */
function endOfQuote(text: string, start: number, quote: string): number | undefined {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === '\\' && quote !== '`') i++;
    else if (text[i] === quote) {
      if (text[i + 1] !== quote) return i;
      i++;
    }
  }
  return undefined;
}
