import { isBlank } from '../syntax/json-text.ts';
import type { Json, Node } from '../syntax/node.ts';
import type { TextEdit } from '../syntax/problem.ts';
import type { EntryChange, NewEntry, Writing } from './difference.ts';
import { printJson, printLine } from './print.ts';

/** Changes between brackets: JSON with comments, and the flow form of YAML. */
export class FlowWriting implements Writing {
  readonly #text: string;
  /** `//` and block comments too; in YAML a comment begins with # only. */
  readonly #isJson: boolean;

  constructor(text: string, isJson: boolean) {
    this.#text = text;
    this.#isJson = isJson;
  }

  replace({ start, end }: Node, value: Json): TextEdit[] {
    return [{ start, end, text: printJson(value, this.#indentAt(start)) }];
  }

  entries(change: EntryChange): TextEdit[] {
    const { container, entries, removed, after, added } = change;
    if (after < 0 && removed.size === entries.length) return this.#refill(change);
    const edits = [...removed].flatMap((index) => this.#remove(entries[index]!.start, entries[index]!.end));
    const last = entries.findLastIndex((_, index) => !removed.has(index));
    // What was last is gone: the comma before it goes too.
    if (added.length === 0 && last < entries.length - 1) {
      const comma = this.#commaAfter(entries[last]!.end);
      if (comma >= 0) edits.push({ start: comma, end: comma + 1, text: '' });
    }
    if (added.length === 0) return edits;
    const indent = this.#spread(container.start, entries[0]!.start)
      ? this.#indentAt(entries[0]!.start)
      : undefined;
    const texts = added.map((entry) => printEntry(entry, indent));
    const gap = indent === undefined ? ' ' : `\n${indent}`;
    if (after < 0)
      return [
        ...edits,
        { start: entries[0]!.start, end: entries[0]!.start, text: texts.join(`,${gap}`) + `,${gap}` },
      ];
    const { end } = entries[after]!;
    const comma = this.#commaAfter(end);
    if (comma < 0) edits.push({ start: end, end, text: ',' });
    const at = indent === undefined ? Math.max(end, comma + 1) : this.#lineEnd(Math.max(end, comma + 1));
    // A comma behind the new entries where others follow, or where the list had one at its end.
    edits.push({ start: at, end: at, text: gap + texts.join(`,${gap}`) + (comma < 0 ? '' : ',') });
    return edits;
  }

  /** All entries go: what is between the brackets is written anew, comments stay. */
  #refill({ container, entries, added }: EntryChange): TextEdit[] {
    const edits = entries.flatMap(({ start, end }) => this.#remove(start, end));
    if (added.length === 0) return edits;
    const close = container.end - 1;
    const isSpread = this.#spread(container.start, close);
    const outer = this.#indentAt(close);
    const inner = `${outer}  `;
    const texts = added.map((entry) => printEntry(entry, isSpread ? inner : undefined));
    const line = this.#text.lastIndexOf('\n', close - 1) + 1;
    if (isSpread && this.#isBlankBetween(line, close))
      return [
        ...edits,
        { start: line, end: line, text: `${texts.map((text) => inner + text).join(',\n')}\n` },
      ];
    return [...edits, { start: close, end: close, text: ` ${texts.join(', ')} ` }];
  }

  /** An entry with its comma, and with its line when nothing else stands there. */
  #remove(start: number, end: number): TextEdit[] {
    const text = this.#text;
    const comma = this.#commaAfter(end);
    const parts: TextEdit[] = [];
    let [from, to] = [start, end];
    if (comma >= 0 && this.#isBlankBetween(end, comma)) to = comma + 1;
    else if (comma >= 0) parts.push({ start: comma, end: comma + 1, text: '' });
    while (from > 0 && /[ \t]/.test(text[from - 1]!)) from -= 1;
    const isLineStart = from === 0 || text[from - 1] === '\n';
    let rest = to;
    while (rest < text.length && /[ \t\r]/.test(text[rest]!)) rest += 1;
    if (isLineStart && text[rest] === '\n') to = rest + 1;
    else if (isLineStart) from = start;
    return [{ start: from, end: to, text: '' }, ...parts];
  }

  /** Offset of the comma behind an entry, over blanks and comments; -1: there is none. */
  #commaAfter(end: number): number {
    const text = this.#text;
    for (let at = end; at < text.length;) {
      const comment = this.#commentEnd(at);
      if (comment > at) at = comment;
      else if (/[,;\u3001\uFF0C\uFF1B]/.test(text[at]!)) return at;
      else if (isBlank(text.charCodeAt(at))) at += 1;
      else return -1;
    }
    return -1;
  }

  /** The end of the comment that begins at `at`; `at` when none does. */
  #commentEnd(at: number): number {
    const text = this.#text;
    const isLine = text[at] === '#' || (this.#isJson && text.startsWith('//', at));
    if (isLine) {
      const end = text.indexOf('\n', at);
      return end < 0 ? text.length : end;
    }
    if (!this.#isJson || !text.startsWith('/*', at)) return at;
    const end = text.indexOf('*/', at + 2);
    return end < 0 ? text.length : end + 2;
  }

  /** The end of the line, when only blanks and comments stand between; else `at`. */
  #lineEnd(at: number): number {
    const text = this.#text;
    let end = at;
    while (end < text.length && text[end] !== '\n') {
      const comment = this.#commentEnd(end);
      if (comment > end) end = comment;
      else if (isBlank(text.charCodeAt(end))) end += 1;
      else return at;
    }
    return text[end - 1] === '\r' ? end - 1 : end;
  }

  #isBlankBetween(start: number, end: number): boolean {
    for (let at = start; at < end; at++) if (!isBlank(this.#text.charCodeAt(at))) return false;
    return true;
  }

  #spread(start: number, end: number): boolean {
    return this.#text.slice(start, end).includes('\n');
  }

  /** Blanks that begin the line. */
  #indentAt(offset: number): string {
    const line = this.#text.lastIndexOf('\n', offset - 1) + 1;
    return /^[ \t]*/.exec(this.#text.slice(line, offset))![0];
  }
}

function printEntry({ key, value }: NewEntry, indent: string | undefined): string {
  const text = indent === undefined ? printLine(value) : printJson(value, indent);
  return key === undefined ? text : `${JSON.stringify(key)}: ${text}`;
}
