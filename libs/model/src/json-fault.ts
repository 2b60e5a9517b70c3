/** Where a text stops being JSON, both from 1; `error` is what JSON.parse threw for it. */
export function jsonFault(text: string, error: unknown): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offsetOf(text, (error as Error).message)).split('\n');
  return { line: before.length, column: before.at(-1)!.length + 1 };
}

/** V8 names the offset of most faults; for a token that nothing can begin with, it does not. */
function offsetOf(text: string, message: string): number {
  const at = /position (\d+)/.exec(message)?.[1];
  if (at !== undefined) return Number(at);
  if (!isBadToken(text)) return text.length;
  // The shortest beginning that has the fault ends with it.
  let [good, bad] = [0, text.length];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (isBadToken(text.slice(0, middle))) bad = middle;
    else good = middle;
  }
  return good;
}

function isBadToken(text: string): boolean {
  try {
    JSON.parse(text);
    return false;
  } catch (error) {
    return (error as Error).message.startsWith('Unexpected token');
  }
}
