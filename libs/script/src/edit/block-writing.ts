import type { Json, Node } from '../syntax/node.ts';
import type { TextEdit } from '../syntax/problem.ts';
import type { EntryChange, NewEntry, Writing } from './difference.ts';
import { FlowWriting } from './flow-writing.ts';
import { printLine, printYaml } from './print.ts';

/** Thrown where an edit of the text is not sure; the document is then written by the YAML library. */
export class NotSure extends Error {}

/** Changes of YAML: lines of its block form, brackets of its flow form. */
export class BlockWriting implements Writing {
  readonly #text: string;
  readonly #flow: FlowWriting;

  constructor(text: string) {
    this.#text = text;
    this.#flow = new FlowWriting(text, false);
  }

  replace(node: Node, value: Json): TextEdit[] {
    const { start, end } = node;
    if (node.kind !== 'scalar' && node.isBlock) throw new NotSure();
    const scalar = typeof value === 'object' && value !== null ? '' : printYaml(value).trimEnd();
    const text = scalar === '' || scalar.includes('\n') ? printLine(value) : scalar;
    if (start === end) return [{ start, end, text: this.#text[start - 1] === ' ' ? text : ` ${text}` }];
    // A block scalar ends with its line.
    return [{ start, end, text: this.#text[end - 1] === '\n' ? `${text}\n` : text }];
  }

  entries(change: EntryChange): TextEdit[] {
    const { container, entries, removed, after, added } = change;
    if (!container.isBlock) return this.#flow.entries(change);
    const [first] = entries;
    if (first === undefined || removed.size === entries.length || after < 0) throw new NotSure();
    const edits = [...removed].map((index) => this.#remove(entries[index]!.start, entries[index]!.end));
    if (added.length === 0) return edits;
    const indent = this.#indentOf(first.start);
    const lines = added.map((entry) => printed(entry, indent)).join('\n');
    const { end } = entries[after]!;
    if (this.#text[end - 1] === '\n') return [...edits, { start: end, end, text: `${lines}\n` }];
    const line = this.#text.indexOf('\n', end);
    const at = line < 0 ? this.#text.length : line;
    return [...edits, { start: at, end: at, text: `\n${lines}` }];
  }

  #remove(start: number, end: number): TextEdit {
    const text = this.#text;
    const from = text.lastIndexOf('\n', start - 1) + 1;
    if (!/^[ ]*(?:-[ ]+)?$/.test(text.slice(from, start))) throw new NotSure();
    if (text[end - 1] === '\n') return { start: from, end, text: '' };
    const rest = /^[ \t]*(?:\r?\n|$)/.exec(text.slice(end));
    // A comment on the line stays.
    return { start: from, end: end + (rest?.[0].length ?? 0), text: '' };
  }

  /** Column of the entries: of the key, or of the dash. */
  #indentOf(start: number): string {
    const line = this.#text.slice(this.#text.lastIndexOf('\n', start - 1) + 1, start);
    if (!/^[ ]*(?:-[ ]+)?$/.test(line)) throw new NotSure();
    return line;
  }
}

/** Lines of a new entry. `before` is what stands before the first entry of its kind: blanks, perhaps with a dash. */
function printed({ key, value }: NewEntry, before: string): string {
  const isItem = key === undefined;
  const indent = isItem ? before.slice(0, before.indexOf('-')) : before.replace('-', ' ');
  const lines = printYaml(isItem ? [value] : { [key]: value })
    .trimEnd()
    .split('\n');
  return lines.map((line) => (line === '' ? line : indent + line)).join('\n');
}
