import { type Json, type ListNode, type Node, type ObjectNode, type Span, toJson } from '../syntax/node.ts';
import type { TextEdit } from '../syntax/problem.ts';
import { trimmed } from '../syntax/json-text.ts';
import { equal } from './equal.ts';

type Keyed = { readonly [key: string]: Json };

/** A new entry of an object (with its key) or of a list. */
export interface NewEntry {
  readonly key?: string;
  readonly value: Json;
}

/** What happens to the entries of one object or list. */
export interface EntryChange {
  readonly container: ObjectNode | ListNode;
  /** Members or items as they stand in the text. */
  readonly entries: readonly Span[];
  readonly removed: ReadonlySet<number>;
  /** New entries stand behind this one, which stays; -1: before all. */
  readonly after: number;
  readonly added: readonly NewEntry[];
}

/** How a format writes changes. */
export interface Writing {
  replace(node: Node, value: Json): TextEdit[];
  entries(change: EntryChange): TextEdit[];
}

/**
 * The edits that turn what `node` says from `before` into `after`. What is equal in both stays as it is written, so `before` may be
 * written in another way than it would print: keys in another case, numbers as texts.
 */
export function editsOf(node: Node, before: Json, after: Json, writing: Writing): TextEdit[] {
  if (equal(before, after)) return [];
  if (node.kind === 'object' && isKeyed(before) && isKeyed(after))
    return ofObject(node, before, after, writing);
  if (
    node.kind === 'list' &&
    Array.isArray(before) &&
    Array.isArray(after) &&
    node.items.length === before.length
  )
    return ofList(node, before as readonly Json[], after as readonly Json[], writing);
  return equal(toJson(node), after) ? [] : writing.replace(node, after);
}

function ofObject(node: ObjectNode, before: Keyed, after: Keyed, writing: Writing): TextEdit[] {
  const edits: TextEdit[] = [];
  const removed = new Set<number>();
  const added: NewEntry[] = [];
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [old, wanted] = [own(before, key), own(after, key)];
    if (old !== undefined && wanted !== undefined && equal(old, wanted)) continue;
    const found = indexesOf(node, key);
    if (wanted === undefined) for (const index of found) removed.add(index);
    else if (found.length === 0) added.push({ key, value: wanted });
    else {
      const { value } = node.members[found.at(-1)!]!;
      edits.push(...editsOf(value, old ?? toJson(value), wanted, writing));
    }
  }
  if (removed.size === 0 && added.length === 0) return edits;
  const kept = node.members.map((_, index) => index).filter((index) => !removed.has(index));
  // A format may have to write the whole object anew, which then stands for the edits within it.
  const change = { container: node, entries: node.members, removed, after: kept.at(-1) ?? -1, added };
  return [...edits, ...writing.entries(change)];
}

function ofList(
  node: ListNode,
  before: readonly Json[],
  after: readonly Json[],
  writing: Writing,
): TextEdit[] {
  const shorter = Math.min(before.length, after.length);
  let [head, tail] = [0, 0];
  while (head < shorter && equal(before[head]!, after[head]!)) head += 1;
  while (tail < shorter - head && equal(before.at(-1 - tail)!, after.at(-1 - tail)!)) tail += 1;
  const [old, wanted] = [before.slice(head, before.length - tail), after.slice(head, after.length - tail)];
  const both = Math.min(old.length, wanted.length);
  const edits = Array.from({ length: both }, (_, i) =>
    editsOf(node.items[head + i]!, old[i]!, wanted[i]!, writing),
  ).flat();
  if (old.length === wanted.length) return edits;
  const removed = new Set(old.slice(both).map((_, i) => head + both + i));
  const added = wanted.slice(both).map((value) => ({ value }));
  const last =
    removed.size > 0 ? node.items.findLastIndex((_, index) => !removed.has(index)) : head + both - 1;
  return [
    ...edits,
    ...writing.entries({ container: node, entries: node.items, removed, after: last, added }),
  ];
}

/** Members with this key; else those that spell it in another case. */
function indexesOf({ members }: ObjectNode, key: string): number[] {
  const find = (fits: (written: string) => boolean): number[] =>
    members.flatMap((member, index) => (fits(member.key) ? [index] : []));
  const exact = find((written) => written === key);
  return exact.length > 0 ? exact : find((written) => trimmed(written).toLowerCase() === key.toLowerCase());
}

function isKeyed(value: Json): value is Keyed {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function own(value: Keyed, key: string): Json | undefined {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}
