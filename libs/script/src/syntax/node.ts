/** What JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A part of a text: offsets, the end exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** `key: value` of an object; the span reaches from the key to the end of the value. */
export interface Member extends Span {
  /** As written, without quotes; blanks around it are kept. */
  readonly key: string;
  readonly keySpan: Span;
  readonly value: Node;
}

export interface ObjectNode extends Span {
  readonly kind: 'object';
  /** In the order of the text, repeated keys included: the last one counts. */
  readonly members: readonly Member[];
  /** YAML without braces. */
  readonly isBlock: boolean;
}

export interface ListNode extends Span {
  readonly kind: 'list';
  readonly items: readonly Node[];
  readonly isBlock: boolean;
}

export interface ScalarNode extends Span {
  readonly kind: 'scalar';
  /** A number that a double cannot hold exactly is kept as its text. */
  readonly value: null | boolean | number | string;
  readonly isQuoted: boolean;
}

export type Node = ObjectNode | ListNode | ScalarNode;

/** The value of a node; of repeated keys the last. Never sets a prototype. */
export function toJson(node: Node): Json {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(toJson);
  const members = node.members.filter(({ key }) => key !== '__proto__');
  return Object.fromEntries(members.map(({ key, value }) => [key, toJson(value)]));
}

/** Steps of a JSON pointer (RFC 6901). */
export type Path = readonly (string | number)[];

export function pointerOf(path: Path): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

export function pathOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The node that a pointer leads to, or the deepest one on the way there. */
export function nodeAt(root: Node, pointer: string): { readonly node: Node; readonly isExact: boolean } {
  let node = root;
  for (const step of pathOf(pointer)) {
    const next: Node | undefined =
      node.kind === 'object'
        ? node.members.findLast(({ key }) => key === step)?.value
        : node.kind === 'list'
          ? node.items[Number(step)]
          : undefined;
    if (next === undefined) return { node, isExact: false };
    node = next;
  }
  return { node, isExact: true };
}

/** Every node with its path, parents first. */
export function* walk(
  node: Node,
  path: Path = [],
): Generator<{ readonly node: Node; readonly path: Path; readonly member?: Member }> {
  yield { node, path };
  if (node.kind === 'object')
    for (const member of node.members)
      for (const found of walk(member.value, [...path, member.key]))
        yield found.node === member.value ? { ...found, member } : found;
  else if (node.kind === 'list')
    for (const [index, item] of node.items.entries()) yield* walk(item, [...path, index]);
}

/** The value of a number as it is written; its text where a double would change it. */
export function exactNumber(text: string): number | string {
  const value = Number(text);
  if (!Number.isFinite(value)) return text;
  const digits = text
    .replace(/e.*$/i, '')
    .replace(/[-.]/g, '')
    .replace(/^0+|0+$/g, '');
  return digits.length <= 15 || sameNumber(text, String(value)) ? value : text;
}

function sameNumber(a: string, b: string): boolean {
  return normalForm(a) === normalForm(b);
}

/** Sign, digits without zeros at both ends, exponent: equal for equal numbers. */
function normalForm(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(text) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  const trimmed = digits.replace(/0+$/, '');
  return `${sign}${trimmed}e${Number(exponent) - fraction.length + (digits.length - trimmed.length)}`;
}
