import type { Json } from '../syntax/node.ts';

/** Whether two values are the same JSON; the order of keys does not matter. */
export function equal(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b))
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((item, at) => equal(item as Json, b[at] as Json))
    );
  const [left, right] = [a, b] as { readonly [key: string]: Json }[];
  const keys = Object.keys(left!);
  return (
    keys.length === Object.keys(right!).length &&
    keys.every((key) => Object.hasOwn(right!, key) && equal(left![key]!, right![key]!))
  );
}
