import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  type Node as YamlNode,
  parseDocument,
  type YAMLParseError,
} from 'yaml';
import { exactNumber, type Member, type Node, pointerOf, type ScalarNode, type Span } from './node.ts';
import type { ProblemOptions, Problems } from './problem.ts';
import { MAX_DEPTH, type SourceText } from './source-text.ts';

/** Nodes of a document at most, what aliases repeat counted each time. */
const MAX_NODES = 100_000;

/** Characters and tokens of YAML at most: its parser is much slower than ours for JSON. */
const MAX_LENGTH = 256 * 1024;
const MAX_TOKENS = 100_000;

/** What the lexer says of itself; it stands for no text. */
const OWN_TOKENS = new Set(['\u0002', '\u0018', '\u001F']);

/** What to do about errors of the YAML library, by its codes. */
const REMEDIES: Readonly<Record<string, string>> = {
  BAD_INDENT: 'Indent the entries of one mapping or list equally, with spaces.',
  TAB_AS_INDENT: 'Indent with spaces, not tabs.',
  MISSING_CHAR: 'Put the missing character there: a quote, a bracket, a colon or a blank.',
  MULTILINE_IMPLICIT_KEY: 'Keep a key on one line, and put a colon and a blank behind it.',
  BLOCK_AS_IMPLICIT_KEY: 'Begin the value on a line of its own, or put a text with a colon in quotes.',
  MULTIPLE_DOCS: 'Keep one document: remove the --- line.',
  BAD_SCALAR_START: 'Put the text in quotes: its first character means something in YAML.',
  BAD_ALIAS: 'Put the text in quotes, or define the anchor before it is used.',
  UNEXPECTED_TOKEN: 'Correct the indentation, or put the text in quotes.',
};

/** YAML 1.2; undefined when it stopped at an error, which is then among the problems. */
export function parseYaml(source: SourceText, problems: Problems): Node | undefined {
  const refused = refusal(source.text);
  if (refused !== undefined) {
    problems.add({ ...refused, pointer: '' });
    return undefined;
  }
  const document = parseDocument(source.text, {
    version: '1.2',
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'error',
    merge: false,
  });
  for (const { code, pos, message } of distinct(document.errors).slice(0, 20)) {
    const remedy = REMEDIES[code];
    problems.add({
      code: 'SCRIPT_YAML',
      offset: lastLine(source.text, pos),
      pointer: '',
      cause: `${message.split('\n')[0]!.replace(/\.$/, '')}.`,
      ...(remedy === undefined ? {} : { remedy }),
    });
  }
  if (document.errors.length > 0) return undefined;
  if (document.contents === null) {
    problems.add({
      code: 'SCRIPT_EMPTY',
      offset: 0,
      pointer: '',
      cause: 'The script holds nothing but blanks and comments.',
    });
    return undefined;
  }
  return new Conversion(document, problems).convert();
}

/** One mistake is often reported in several ways at one place: the one that spans most says most. */
function distinct(errors: readonly YAMLParseError[]): YAMLParseError[] {
  const best = new Map<number, YAMLParseError>();
  for (const error of errors) {
    const [start, end] = error.pos;
    const known = best.get(start);
    if (known === undefined || end - start > known.pos[1] - known.pos[0]) best.set(start, error);
  }
  return [...best.values()];
}

/** Where an error is seen that begins lines before: at its last line, which is the one with the wrong indentation. */
function lastLine(text: string, [start, end]: readonly [number, number]): number {
  const part = text.slice(start, Math.min(end, start + 1000)).trimEnd();
  const line = part.lastIndexOf('\n');
  return line < 0 ? start : start + line + 1 + /^\s*/.exec(part.slice(line + 1))![0].length;
}

/**
 * Why the text is not even parsed, told from its tokens alone: composing a document recurses. Depth comes from open brackets and from
 * indicators in a row; by indentation alone it grows too slowly in a text of bounded length.
 */
function refusal(text: string): Pick<ProblemOptions, 'code' | 'offset' | 'cause' | 'remedy'> | undefined {
  const remedy = 'Write it as JSON, or split it into several tasks.';
  if (text.length > MAX_LENGTH)
    return {
      code: 'SCRIPT_TOO_LARGE',
      offset: MAX_LENGTH,
      cause: `The YAML has ${text.length} characters.`,
      remedy,
    };
  let [at, count, flow, row] = [0, 0, 0, 0];
  for (const token of new Lexer().lex(text)) {
    if (token === '[' || token === '{') flow += 1;
    else if (token === ']' || token === '}') flow = Math.max(0, flow - 1);
    else if (token === '-' || token === '?') row += 1;
    else if (token.includes('\n')) row = 0;
    if (flow > MAX_DEPTH || row > MAX_DEPTH)
      return {
        code: 'SCRIPT_TOO_DEEP',
        offset: at,
        cause: `More than ${MAX_DEPTH} mappings and lists lie within each other.`,
      };
    if (++count > MAX_TOKENS)
      return {
        code: 'SCRIPT_TOO_LARGE',
        offset: at,
        cause: `The YAML has more than ${MAX_TOKENS} tokens.`,
        remedy,
      };
    if (!OWN_TOKENS.has(token)) at += token.length;
  }
  return undefined;
}

class Conversion {
  readonly #document: Document.Parsed;
  readonly #problems: Problems;
  readonly #open = new Set<YamlNode>();
  /** The last node of each name so far: what an alias means. */
  readonly #anchors = new Map<string, YamlNode>();
  #count = 0;
  #hasStopped = false;

  constructor(document: Document.Parsed, problems: Problems) {
    this.#document = document;
    this.#problems = problems;
  }

  convert(): Node | undefined {
    const root = this.#node(this.#document.contents, [], { start: 0, end: 0 });
    return this.#hasStopped ? undefined : root;
  }

  #node(node: YamlNode | null, path: (string | number)[], gap: Span): Node {
    const [start, end] = node?.range ?? [gap.start, gap.end];
    const empty: ScalarNode = { kind: 'scalar', value: null, isQuoted: false, start, end };
    if (node === null || this.#hasStopped) return empty;
    this.#count += 1;
    if (this.#count > MAX_NODES || path.length > MAX_DEPTH || this.#open.has(node)) {
      const cause =
        this.#count > MAX_NODES
          ? `Aliases make more than ${MAX_NODES} values of it.`
          : 'It nests too deep, or an alias holds itself.';
      this.#stop(start, path, cause);
      return empty;
    }
    if (isAlias(node)) return this.#alias(node.source, path, { start, end });
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    if (isScalar(node)) {
      const { value, source, type } = node;
      const isQuoted = type !== 'PLAIN';
      if (typeof value === 'number' || typeof value === 'bigint')
        return { ...empty, value: exactNumber(decimal(source ?? String(value), value)), isQuoted };
      const isPlain = value === null || typeof value === 'boolean';
      return { ...empty, value: isPlain ? value : String(value), isQuoted };
    }
    this.#open.add(node);
    const made = isSeq(node)
      ? {
          kind: 'list' as const,
          items: node.items.map((item, index) =>
            this.#node(item as YamlNode, [...path, index], { start, end: start }),
          ),
          isBlock: node.flow !== true,
          start,
          end,
        }
      : {
          kind: 'object' as const,
          members: this.#members(node, path),
          isBlock: isMap(node) && node.flow !== true,
          start,
          end,
        };
    this.#open.delete(node);
    return made;
  }

  /** The value that an alias stands for, with the place of the alias. */
  #alias(name: string, path: (string | number)[], span: Span): Node {
    const target = this.#anchors.get(name);
    if (target !== undefined) return { ...this.#node(target, path, span), ...span };
    this.#stop(span.start, path, `There is no anchor ${name} before it.`);
    return { kind: 'scalar', value: null, isQuoted: false, ...span };
  }

  #members(node: YamlNode, path: (string | number)[]): Member[] {
    if (!isMap(node)) return [];
    const seen = new Set<string>();
    const members: Member[] = [];
    for (const { key, value } of node.items) {
      const keyNode = key as YamlNode | null;
      if (!isScalar(keyNode)) {
        this.#stop(keyNode?.range?.[0] ?? node.range?.[0] ?? 0, path, 'A key is no text.');
        continue;
      }
      const name = String(keyNode.source ?? keyNode.value ?? '');
      const [start, end] = keyNode.range ?? [0, 0];
      const at = [...path, name];
      if (name === '__proto__')
        this.#problems.add({
          code: 'SCRIPT_FORBIDDEN_KEY',
          offset: start,
          pointer: pointerOf(at),
          cause: 'No key may be named __proto__.',
        });
      if (seen.has(name))
        this.#problems.add({
          code: 'SCRIPT_REPEATED_KEY',
          offset: start,
          pointer: pointerOf(at),
          cause: `The key ${JSON.stringify(name.slice(0, 40))} stands here for the second time.`,
        });
      seen.add(name);
      const made = this.#node(value as YamlNode | null, at, { start: end, end });
      members.push({ key: name, keySpan: { start, end }, value: made, start, end: Math.max(end, made.end) });
    }
    return members;
  }

  #stop(offset: number, path: (string | number)[], cause: string): void {
    if (!this.#hasStopped)
      this.#problems.add({ code: 'SCRIPT_YAML', offset, pointer: pointerOf(path), cause });
    this.#hasStopped = true;
  }
}

/** Hexadecimal, octal and signed forms of YAML as plain decimals. */
function decimal(source: string, value: number | bigint): string {
  return /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/.test(source) ? source : String(value);
}
