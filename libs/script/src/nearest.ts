/** The known name that is closest to a mistyped one: one edit in three characters at most, three altogether. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  const wanted = name.trim().toLowerCase();
  if (wanted.length > 100) return undefined;
  let found: { readonly name: string; readonly edits: number } | undefined;
  const limit = Math.min(3, Math.max(2, Math.floor(wanted.length / 3)));
  for (const candidate of known) {
    const lower = candidate.toLowerCase();
    if (Math.abs(lower.length - wanted.length) > limit) continue;
    const edits = distance(wanted, lower);
    if (
      edits <= limit &&
      edits < Math.max(wanted.length, lower.length) &&
      (found === undefined || edits < found.edits)
    )
      found = { name: candidate, edits };
  }
  return found?.name;
}

/** Edits that make one text of the other: insert, remove, replace, and swap of two neighbours. */
function distance(a: string, b: string): number {
  let [last, row] = [[] as number[], Array.from({ length: b.length + 1 }, (_, i) => i)];
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, replaced));
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwap) next[j] = Math.min(next[j]!, last[j - 2]! + 1);
    }
    [last, row] = [row, next];
  }
  return row[b.length]!;
}
