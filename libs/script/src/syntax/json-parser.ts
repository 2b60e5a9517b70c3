import { JsonScanner, Stop } from './json-scanner.ts';
import { trimmed } from './json-text.ts';
import type { ListNode, Member, Node, ObjectNode } from './node.ts';
import type { Problems, TextEdit } from './problem.ts';
import { MAX_DEPTH, type SourceText } from './source-text.ts';

/** Tolerant JSON; undefined when it stopped at an error, which is then among the problems. */
export function parseJson(source: SourceText, problems: Problems): Node | undefined {
  try {
    return new JsonParser(source, problems).parse();
  } catch (stopped) {
    if (stopped instanceof Stop) return undefined;
    throw stopped;
  }
}

class JsonParser {
  readonly #source: SourceText;
  readonly #in: JsonScanner;

  constructor(source: SourceText, problems: Problems) {
    this.#source = source;
    this.#in = new JsonScanner(source.text, problems);
  }

  parse(): Node {
    const scan = this.#in;
    scan.skip();
    if (scan.at === scan.text.length)
      scan.stop({ code: 'SCRIPT_EMPTY', cause: 'The script holds nothing but blanks and comments.' });
    const root = this.#value(0);
    this.#end(root);
    return root;
  }

  /** Behind the root: closing brackets and commas too many are passed over, anything else is an error. */
  #end(root: Node): void {
    const scan = this.#in;
    scan.skip();
    if (root.kind === 'scalar' && scan.mark === ':')
      scan.stop({
        code: 'SCRIPT_BRACKET',
        offset: root.start,
        cause: 'The script begins with a key: the brace before it is missing.',
        remedy: 'Put { before it.',
        repair: { start: root.start, end: root.start, text: '{ ' },
      });
    const start = scan.at;
    while (scan.mark !== undefined && '}],'.includes(scan.mark)) {
      scan.at += 1;
      scan.skip();
    }
    if (scan.at < scan.text.length)
      scan.stop({
        code: 'SCRIPT_AFTER_END',
        cause: 'The script ends before this: its first bracket is closed already.',
        remedy: 'Remove the closing bracket before it that is too much, or what follows.',
      });
    if (scan.at > start)
      scan.note({
        code: 'SCRIPT_AFTER_END',
        offset: start,
        cause: 'A closing bracket or comma stands behind the end.',
        repair: { start, end: scan.at, text: '' },
      });
  }

  #value(depth: number): Node {
    const scan = this.#in;
    scan.skip();
    if (scan.at >= scan.text.length)
      scan.stop({ code: 'SCRIPT_VALUE', cause: 'The script ends where a value is expected.' });
    const { mark } = scan;
    if (mark === '{' || mark === '[') {
      if (depth >= MAX_DEPTH)
        scan.stop({
          code: 'SCRIPT_TOO_DEEP',
          cause: `More than ${MAX_DEPTH} objects and lists lie within each other.`,
        });
      return mark === '{' ? this.#object(depth) : this.#list(depth);
    }
    if (mark === '}' || mark === ']' || mark === ',')
      scan.stop({ code: 'SCRIPT_VALUE', cause: `A value is expected before ${mark}.` });
    if (scan.isAtQuote) return scan.quoted();
    const word = scan.bare();
    scan.skipStrayQuote();
    return word;
  }

  #object(depth: number): ObjectNode {
    const scan = this.#in;
    const start = scan.at;
    scan.take();
    const members: Member[] = [];
    const seen = new Set<string>();
    for (;;) {
      this.#extraCommas();
      if (this.#closes('}', start)) break;
      const { key, start: at, end } = scan.key();
      scan.path.push(key);
      this.#checkKey(key, at, seen);
      scan.skip();
      if (scan.mark !== ':')
        scan.stop({
          code: 'SCRIPT_COLON',
          cause: `A colon is expected after the key ${JSON.stringify(key.slice(0, 40))}.`,
          repair: { start: end, end, text: ':' },
        });
      scan.take();
      const value = this.#value(depth + 1);
      members.push({ key, keySpan: { start: at, end }, value, start: at, end: value.end });
      this.#separator(value, true);
      scan.path.pop();
    }
    return { kind: 'object', members, isBlock: false, start, end: scan.at };
  }

  #list(depth: number): ListNode {
    const scan = this.#in;
    const start = scan.at;
    scan.take();
    const items: Node[] = [];
    for (;;) {
      this.#extraCommas();
      if (this.#closes(']', start)) break;
      scan.path.push(items.length);
      const item = this.#value(depth + 1);
      items.push(item);
      this.#separator(item, false);
      scan.path.pop();
    }
    return { kind: 'list', items, isBlock: false, start, end: scan.at };
  }

  #checkKey(key: string, offset: number, seen: Set<string>): void {
    const scan = this.#in;
    const name = trimmed(key);
    if (name === '__proto__')
      scan.note({ code: 'SCRIPT_FORBIDDEN_KEY', offset, cause: 'No key may be named __proto__.' });
    if (seen.has(key))
      scan.note({
        code: 'SCRIPT_REPEATED_KEY',
        offset,
        cause: `The key ${JSON.stringify(name.slice(0, 40))} stands here for the second time.`,
      });
    seen.add(key);
  }

  /** Commas where no entry precedes them. */
  #extraCommas(): void {
    const scan = this.#in;
    scan.skip();
    const start = scan.at;
    while (scan.mark === ',') {
      scan.at += 1;
      scan.skip();
    }
    if (scan.at > start)
      scan.note({
        code: 'SCRIPT_COMMA',
        offset: start,
        cause: 'A comma stands here without an entry before it.',
        remedy: 'Remove it.',
        repair: { start, end: start + 1, text: '' },
      });
  }

  #closes(bracket: '}' | ']', start: number): boolean {
    const scan = this.#in;
    const { mark } = scan;
    const what = bracket === '}' ? 'object' : 'list';
    const opened = `The ${what} that begins in line ${this.#source.placeAt(start).line}`;
    if (mark === bracket) {
      scan.take();
      return true;
    }
    if (scan.at >= scan.text.length)
      scan.stop({
        code: 'SCRIPT_BRACKET',
        cause: `${opened} is not closed: the script ends before its ${bracket}.`,
        remedy: `Put ${bracket} at its end.`,
        repair: { start: scan.text.length, end: scan.text.length, text: bracket },
      });
    if (mark === '}' || mark === ']')
      scan.stop({
        code: 'SCRIPT_BRACKET',
        cause: `${opened} is still open where ${mark} closes something else.`,
        remedy: `Put ${bracket} before it, or remove the ${mark}.`,
        repair: { start: scan.at, end: scan.at, text: bracket },
      });
    return false;
  }

  /** The comma behind an entry. One that is missing is sure only before a closing bracket's peer, a next key or a next line's value. */
  #separator(entry: Node, isMember: boolean): void {
    const scan = this.#in;
    scan.skip();
    const { mark } = scan;
    if (mark === ',') return scan.take();
    if (scan.at >= scan.text.length || mark === '}' || mark === ']') return;
    const between = scan.text.slice(entry.end, scan.at);
    const isNext = isMember
      ? this.#isKeyAhead()
      : scan.isAtQuote || mark === '{' || mark === '[' || /[\r\n]/.test(between);
    if (!isNext) {
      const repair = innerQuotes(scan.text, entry);
      scan.stop({
        code: 'SCRIPT_QUOTE',
        cause: 'Something stands behind the value where a comma or a closing bracket is expected.',
        remedy: 'Put a backslash before quotes within a text, or a comma between two entries.',
        ...(repair === undefined ? {} : { repair }),
      });
    }
    scan.note({
      code: 'SCRIPT_COMMA',
      offset: entry.end,
      cause: 'A comma is missing here.',
      remedy: 'Put a comma here.',
      repair: { start: entry.end, end: entry.end, text: ',' },
    });
  }

  #isKeyAhead(): boolean {
    KEY_AHEAD.lastIndex = this.#in.at;
    return KEY_AHEAD.test(this.#in.text);
  }
}

const KEY_AHEAD = /(?:"[^"\n]{0,200}"|'[^'\n]{0,200}'|[\p{L}_][\p{L}\p{N}_.-]{0,100})[ \t]{0,20}[:\uFF1A]/uy;

/** A text with quotes in it, taken from its first quote to the last one of the line. */
function innerQuotes(text: string, { start, end }: Node): TextEdit | undefined {
  if (text[start] !== '"' || text[end - 1] !== '"') return undefined;
  const line = /^[^\n]{0,2000}/.exec(text.slice(end))![0];
  const close = /"(?=\s*[,}\]]*\s*$)/.exec(line)?.index;
  if (close === undefined) return undefined;
  const inner = text.slice(start + 1, end + close);
  return { start, end: end + close + 1, text: JSON.stringify(inner) };
}
