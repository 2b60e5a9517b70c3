import {
  bareEnd,
  escapeAt,
  isBlank,
  JSON_NUMBER,
  hasVariable,
  PUNCTUATION,
  QUOTES,
  trimmed,
} from './json-text.ts';
import { exactNumber, type Path, pointerOf, type ScalarNode } from './node.ts';
import type { ProblemOptions, Problems } from './problem.ts';

/** Thrown when no repair is sure; the problem is already recorded. */
export class Stop extends Error {}

/** What follows the line break of a text whose closing quote is missing: the next key, or a closing bracket. */
const NEXT_ENTRY = /[ \t\r\n\u3000]{0,200}(?:"[^"\n]{0,200}"[ \t]{0,20}[:\uFF1A]|[}\]\uFF5D\uFF3D]|$)/y;

/** A quote that belongs to nothing: only a comma, a closing bracket or a comment stands behind it on its line. */
const STRAY_QUOTE = /"[ \t]{0,200}(?:,|\uFF0C)?[ \t]{0,200}(?:[\r\n}\]]|\/\/|$)/y;

/** Reads the tokens of tolerant JSON. Repairs what has one meaning only, and says so; stops at the rest. */
export class JsonScanner {
  readonly text: string;
  at = 0;
  /** The way to what is being read, for problems. */
  readonly path: (string | number)[] = [];
  readonly #problems: Problems;

  constructor(text: string, problems: Problems) {
    this.text = text;
    this.#problems = problems;
  }

  note(
    options: Omit<ProblemOptions, 'pointer' | 'offset'> & { readonly offset?: number; readonly path?: Path },
  ): void {
    const { path = this.path, offset = this.at, ...rest } = options;
    this.#problems.add({ ...rest, offset, pointer: pointerOf(path) });
  }

  stop(options: Parameters<JsonScanner['note']>[0]): never {
    this.note({ ...options, severity: 'error' });
    throw new Stop();
  }

  /** Goes over blanks and comments. */
  skip(): void {
    const { text } = this;
    for (;;) {
      while (this.at < text.length && isBlank(text.charCodeAt(this.at))) this.at += 1;
      const char = text[this.at];
      if (char === '#' || (char === '/' && text[this.at + 1] === '/')) {
        while (this.at < text.length && !/[\r\n]/.test(text[this.at]!)) this.at += 1;
      } else if (char === '/' && text[this.at + 1] === '*') {
        const end = text.indexOf('*/', this.at + 2);
        if (end < 0)
          this.stop({
            code: 'SCRIPT_COMMENT',
            cause: 'The comment that begins here is not closed.',
            repair: { start: text.length, end: text.length, text: ' */' },
          });
        this.at = end + 2;
      } else return;
    }
  }

  /** The punctuation at hand as ASCII; undefined: it is none. */
  get mark(): string | undefined {
    const char = this.text[this.at];
    return char === undefined ? undefined : PUNCTUATION[char];
  }

  /** Goes over the punctuation at hand; a full-width one is noted. */
  take(): void {
    const char = this.text[this.at]!;
    const means = PUNCTUATION[char]!;
    if (char !== means)
      this.note({
        code:
          means === char || /[;=]/.test(char)
            ? means === ','
              ? 'SCRIPT_COMMA'
              : 'SCRIPT_COLON'
            : 'SCRIPT_CHARACTER',
        severity: 'warning',
        cause: `${char} stands for ${means} here.`,
        remedy: `Write ${means} instead.`,
        repair: { start: this.at, end: this.at + 1, text: means },
      });
    this.at += 1;
  }

  get isAtQuote(): boolean {
    return Object.hasOwn(QUOTES, this.text[this.at] ?? '');
  }

  /** Goes over a quote that belongs to nothing, as in `2.0 "`. */
  skipStrayQuote(): void {
    const from = this.at;
    this.skip();
    STRAY_QUOTE.lastIndex = this.at;
    if (this.text[this.at] !== '"' || !STRAY_QUOTE.test(this.text)) {
      this.at = from;
      return;
    }
    this.note({
      code: 'SCRIPT_QUOTE',
      severity: 'warning',
      cause: 'A quote stands behind the value and belongs to nothing.',
      remedy: 'Remove the quote, or put one before the value too.',
      repair: { start: this.at, end: this.at + 1, text: '' },
    });
    this.at += 1;
  }

  /** A text in quotes. */
  quoted(): ScalarNode {
    const { text } = this;
    const start = this.at;
    const quote = text[start]!;
    const closing = QUOTES[quote]!;
    let [value, from, isBroken] = ['', start + 1, false];
    for (this.at = from; ;) {
      const char = text[this.at];
      if (char === undefined) this.#unclosed(start, text.length);
      if (closing.includes(char!)) break;
      if (char === '\\') {
        value += text.slice(from, this.at);
        const escape = escapeAt(text, this.at);
        if (escape === undefined) {
          this.note({
            code: 'SCRIPT_ESCAPE',
            cause: `The backslash before ${JSON.stringify(text[this.at + 1] ?? '')} begins no escape; it is taken as it stands.`,
            repair: { start: this.at, end: this.at + 1, text: '\\\\' },
          });
          value += '\\';
        } else value += escape.means;
        this.at += escape?.length ?? 1;
        from = this.at;
        continue;
      }
      if (char === '\n' && !isBroken) {
        NEXT_ENTRY.lastIndex = this.at;
        if (NEXT_ENTRY.test(text)) this.#unclosed(start, this.at);
        isBroken = true;
      }
      this.at += 1;
    }
    value += text.slice(from, this.at);
    this.at += 1;
    const node: ScalarNode = { kind: 'scalar', value, isQuoted: true, start, end: this.at };
    if (quote !== '"' || isBroken || text[this.at - 1] !== '"') this.#notePlainer(node, quote, isBroken);
    return node;
  }

  #notePlainer({ value, start, end }: ScalarNode, quote: string, isBroken: boolean): void {
    this.note({
      code: isBroken ? 'SCRIPT_LINE_BREAK' : 'SCRIPT_QUOTE',
      severity: isBroken ? 'warning' : 'note',
      offset: start,
      cause: isBroken
        ? 'The text that begins here goes over a line break.'
        : `The text stands between ${quote} and not ".`,
      ...(isBroken ? {} : { remedy: 'Put it between ".' }),
      repair: { start, end, text: JSON.stringify(value) },
    });
  }

  #unclosed(start: number, end: number): never {
    const line = this.text.slice(start + 1, end);
    const text = line.replace(/[\s\u3000]+$/, '').replace(/[,\uFF0C]$/, '');
    const at = start + 1 + text.length;
    this.stop({
      code: 'SCRIPT_QUOTE',
      offset: start,
      cause: 'The text that begins here has no closing quote.',
      remedy: 'Put a double quote at its end.',
      repair: { start: at, end: at, text: '"' },
    });
  }

  /** A value without quotes: a literal, a number, a variable, or a text that lacks them. */
  bare(): ScalarNode {
    const start = this.at;
    const word = trimmed(this.text.slice(start, bareEnd(this.text, start, false)));
    if (word === '')
      this.stop({
        code: 'SCRIPT_VALUE',
        cause: `A value is expected, and ${JSON.stringify(this.text[start])} stands there.`,
      });
    this.at = start + word.length;
    const node = (value: ScalarNode['value']): ScalarNode => ({
      kind: 'scalar',
      value,
      isQuoted: false,
      start,
      end: this.at,
    });
    const lower = word.toLowerCase();
    if (lower === 'true' || lower === 'false' || lower === 'null') {
      if (word !== lower) this.#noteBare(word, start, lower, `${word} is written ${lower}.`);
      return node(lower === 'null' ? null : lower === 'true');
    }
    if (JSON_NUMBER.test(word)) return node(exactNumber(word));
    if (!hasVariable(word))
      this.#noteBare(
        word,
        start,
        JSON.stringify(word),
        `${clipped(word)} stands without quotes; it is taken as a text.`,
      );
    return node(word);
  }

  #noteBare(word: string, start: number, better: string, cause: string): void {
    const repair = { start, end: start + word.length, text: better };
    this.note({
      code: 'SCRIPT_BARE_WORD',
      offset: start,
      cause,
      remedy: `Write ${clipped(better)}.`,
      repair,
    });
  }

  /** A key, with or without quotes. */
  key(): { readonly key: string; readonly start: number; readonly end: number } {
    if (this.isAtQuote) {
      const { value, start, end } = this.quoted();
      return { key: String(value), start, end };
    }
    const start = this.at;
    const key = this.text.slice(start, bareEnd(this.text, start, true));
    if (key === '')
      this.stop({
        code: 'SCRIPT_KEY',
        cause: `A key is expected, and ${JSON.stringify(this.text[start] ?? 'the end')} stands there.`,
      });
    this.at = start + key.length;
    this.#noteBare(key, start, JSON.stringify(key), `The key ${clipped(key)} stands without quotes.`);
    return { key, start, end: this.at };
  }
}

/** A text short enough for a sentence. */
export function clipped(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 40)}...`;
}
