/** Characters of the tolerant JSON: what counts as a blank, a quote, punctuation; and how texts are read and written. */

/** Blanks of any width, zero-width ones and byte order marks among them. */
export function isBlank(code: number): boolean {
  if (code <= 0x20) return code === 0x20 || (code >= 0x09 && code <= 0x0d);
  return (
    code === 0x85 ||
    code === 0xa0 ||
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200d) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x2060 ||
    code === 0x3000 ||
    code === 0xfeff
  );
}

/** A text without blanks of any width at both ends. */
export function trimmed(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

/** Punctuation by what is typed for it: full-width forms are taken for the ASCII ones. */
export const PUNCTUATION: Readonly<Record<string, string>> = {
  '{': '{',
  '}': '}',
  '[': '[',
  ']': ']',
  ':': ':',
  ',': ',',
  '\uFF5B': '{',
  '\uFF5D': '}',
  '\uFF3B': '[',
  '\uFF3D': ']',
  '\uFF1A': ':',
  '\uFF0C': ',',
  '\u3001': ',',
  ';': ',',
  '\uFF1B': ',',
  '=': ':',
};

/** Opening quotes with the characters that close them. */
export const QUOTES: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  '\u201C': '\u201D\u201C\u201F"',
  '\u201D': '\u201D\u201C\u201F"',
  '\u201E': '\u201D\u201C\u201F"',
  '\uFF02': '\uFF02"',
  '\u2018': "\u2019\u2018'",
  '\u2019': "\u2019\u2018'",
  '\uFF07': "\uFF07'",
};

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** What stands behind a backslash at `at`: the characters it means and its length; undefined: it is no escape. */
export function escapeAt(
  text: string,
  at: number,
): { readonly means: string; readonly length: number } | undefined {
  const next = text[at + 1] ?? '';
  if (Object.hasOwn(ESCAPES, next)) return { means: ESCAPES[next]!, length: 2 };
  const hex = next === 'u' ? /^[0-9a-f]{4}/i.exec(text.slice(at + 2, at + 6))?.[0] : undefined;
  if (hex !== undefined) return { means: String.fromCharCode(Number.parseInt(hex, 16)), length: 6 };
  // A backslash at the end of a line joins it with the next one.
  const line = /^\r?\n/.exec(text.slice(at + 1, at + 3))?.[0];
  return line === undefined ? undefined : { means: '', length: 1 + line.length };
}

/** The end of a bare word that starts at `start`: variables are taken whole, a comment needs a blank before it. */
export function bareEnd(text: string, start: number, isKey: boolean): number {
  let at = start;
  while (at < text.length) {
    const char = text[at]!;
    if (char === '$' && (text[at + 1] === '{' || text[at + 1] === '[')) {
      const end = variableEnd(text, at);
      if (end > 0) {
        at = end;
        continue;
      }
    }
    if (char === '\n' || char === '\r' || char === '"') break;
    if (isKey && isBlank(char.charCodeAt(0))) break;
    const means = PUNCTUATION[char];
    if (means === '}' || means === ']' || (means === ',' && char !== '\u3001')) break;
    if (isKey && means !== undefined) break;
    const beginsComment = char === '#' || text.startsWith('//', at) || text.startsWith('/*', at);
    if (beginsComment && at > start && isBlank(text.charCodeAt(at - 1))) break;
    at += 1;
  }
  return at;
}

/** Characters of a variable at most; also keeps a long line of unclosed ones cheap. */
const MAX_VARIABLE = 100;

/** The end of `${...}` or `$[...]` at `at`; 0 when it is not closed on its line. */
function variableEnd(text: string, at: number): number {
  const [open, close] = text[at + 1] === '{' ? '{}' : '[]';
  let depth = 0;
  for (let i = at + 1; i < Math.min(text.length, at + MAX_VARIABLE); i++) {
    const char = text[i]!;
    if (char === '\n') return 0;
    if (char === open) depth += 1;
    else if (char === close && --depth === 0) return i + 1;
  }
  return 0;
}

/** Whether a text holds `${...}` or `$[...]`, which a schedule fills in. */
export function hasVariable(text: string): boolean {
  return /\$\{[^}\n]{0,100}\}|\$\[[^\]\n]{0,100}\]/.test(text);
}

export const JSON_NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
