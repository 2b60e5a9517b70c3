/** How a dialect quotes and comments, as far as it decides where an expression or a statement ends. */
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

/** A word in lower case, a quoted text or name, or one character of anything else but blanks. */
export interface SqlToken {
  readonly kind: 'word' | 'quoted' | 'mark';
  readonly text: string;
  /** Parentheses that are open around it. */
  readonly depth: number;
}

const WORD = /[\p{L}\p{N}_$@]+/uy;

/**
 * The tokens of one balanced piece of SQL: no comment, no NUL, no open quote, no parenthesis that is closed or opened too often.
 * `refuse` throws; it is given what the text does.
 */
export function sqlTokens(text: string, syntax: FilterSyntax, refuse: (does: string) => never): SqlToken[] {
  const tokens: SqlToken[] = [];
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    const next = text[i + 1] ?? '';
    if (char === '\0') refuse('contains a NUL');
    if (syntax.refused.includes(char)) refuse(`contains ${char}`);
    const isComment = (char === '#' && syntax.hashComment) || ['--', '/*', '*/'].includes(char + next);
    if (isComment) refuse('contains a comment');
    if (syntax.quotes.includes(char)) {
      const end = endOfQuote(text, i, syntax) ?? refuse('has an open quote');
      tokens.push({ kind: 'quoted', text: text.slice(i, end + 1), depth });
      i = end;
      continue;
    }
    WORD.lastIndex = i;
    const word = WORD.exec(text)?.[0];
    if (word !== undefined) {
      tokens.push({ kind: 'word', text: word.toLowerCase(), depth });
      i += word.length - 1;
    } else if (char === '(') tokens.push({ kind: 'mark', text: char, depth: depth++ });
    else if (char === ')') {
      if (--depth < 0) refuse('closes a parenthesis that it did not open');
      tokens.push({ kind: 'mark', text: char, depth });
    } else if (char.trim() !== '') tokens.push({ kind: 'mark', text: char, depth });
  }
  if (depth !== 0) refuse('leaves a parenthesis open');
  return tokens;
}

/** Index of the closing quote; a doubled quote and, where it escapes, a backslash keep it open. */
export function endOfQuote(text: string, start: number, { backslash }: FilterSyntax): number | undefined {
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
