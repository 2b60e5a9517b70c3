import { parseDocument } from 'yaml';
import { type Json, toJson } from '../syntax/node.ts';
import { type Format, parseText } from '../syntax/parse.ts';
import { applyEdits, type TextEdit } from '../syntax/problem.ts';
import { BlockWriting, NotSure } from './block-writing.ts';
import { editsOf } from './difference.ts';
import { equal } from './equal.ts';
import { FlowWriting } from './flow-writing.ts';
import { print } from './print.ts';

export interface Saved {
  readonly text: string;
  /** `edits`: only what changed was touched. `rewritten`: comments and order of keys are kept, spacing is not. `printed`: nothing of the old text is left. */
  readonly how: 'unchanged' | 'edits' | 'rewritten' | 'printed';
}

/** Whether a text says what it should: decides if an edit is good. */
type Check = (text: string) => boolean;

/** The text with another value, and with its comments, its order of keys and whatever did not change. */
export function saveText(text: string, value: Json, format?: Format): Saved {
  const parsed = parseText(text, format);
  if (parsed.root === undefined) return { text: print(value, parsed.format), how: 'printed' };
  return save(text, { before: toJson(parsed.root), after: value, format: parsed.format }, (result) => {
    const { root } = parseText(result, parsed.format);
    return root !== undefined && equal(toJson(root), value);
  });
}

/**
 * The same for a text that says `before` in its own way, e.g. a script of a dialect in other spellings: only what differs between
 * `before` and `after` is touched.
 */
export function save(
  text: string,
  { before, after, format }: { readonly before: Json; readonly after: Json; readonly format: Format },
  check: Check,
): Saved {
  if (equal(before, after)) return { text, how: 'unchanged' };
  const edited = attempt(text, before, after, format);
  if (edited !== undefined && check(edited)) return { text: edited, how: 'edits' };
  const rewritten = format === 'yaml' ? rewrite(text, before, after) : undefined;
  if (rewritten !== undefined && check(rewritten)) return { text: rewritten, how: 'rewritten' };
  return { text: print(after, format), how: 'printed' };
}

function attempt(text: string, before: Json, after: Json, format: Format): string | undefined {
  const { root } = parseText(text, format);
  if (root === undefined) return undefined;
  const writing = format === 'json' ? new FlowWriting(text, true) : new BlockWriting(text);
  let edits: readonly TextEdit[];
  try {
    edits = editsOf(root, before, after, writing);
    return applyEdits(text, edits);
  } catch (error) {
    // What overlaps or is not sure is written in another way.
    if (error instanceof NotSure || error instanceof RangeError) return undefined;
    throw error;
  }
}

/** By the YAML library, which keeps comments and order but spaces the text its own way. */
function rewrite(text: string, before: Json, after: Json): string | undefined {
  const document = parseDocument(text, { uniqueKeys: false, logLevel: 'silent' });
  const sync = (path: readonly (string | number)[], old: Json | undefined, wanted: Json): void => {
    if (old !== undefined && equal(old, wanted)) return;
    if (!isKeyed(old) || !isKeyed(wanted) || path.length > 64)
      return document.setIn(path, document.createNode(wanted));
    for (const key of Object.keys(old)) if (!Object.hasOwn(wanted, key)) document.deleteIn([...path, key]);
    for (const [key, one] of Object.entries(wanted))
      sync([...path, key], Object.hasOwn(old, key) ? old[key] : undefined, one);
  };
  try {
    sync([], before, after);
    return document.toString({ lineWidth: 0 });
  } catch {
    return undefined;
  }
}

function isKeyed(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
