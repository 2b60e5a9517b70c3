import type { Column } from '@sluice/model';

/** A column by its exact name, else by its name in another case when only one has it. */
export function findColumn(columns: readonly Column[], name: string): Column | undefined {
  const exact = columns.find((column) => column.name === name);
  if (exact) return exact;
  const folded = name.toLowerCase();
  const alike = columns.filter((column) => column.name.toLowerCase() === folded);
  return alike.length === 1 ? alike[0] : undefined;
}

/** Pairs of target and source columns by name: exact names first, then what is left by folded name where unambiguous. */
export function pairByName(source: readonly Column[], target: readonly Column[]): Map<Column, Column> {
  const pairs = new Map<Column, Column>();
  const byName = new Map(source.map((column) => [column.name, column]));
  for (const column of target) {
    const exact = byName.get(column.name);
    if (exact) pairs.set(column, exact);
  }
  const used = new Set(pairs.values());
  const restSource = group(source.filter((column) => !used.has(column)));
  const restTarget = group(target.filter((column) => !pairs.has(column)));
  for (const [folded, targets] of restTarget) {
    const sources = restSource.get(folded);
    if (targets.length === 1 && sources?.length === 1) pairs.set(targets[0]!, sources[0]!);
  }
  return pairs;
}

function group(columns: readonly Column[]): Map<string, Column[]> {
  return Map.groupBy(columns, (column) => column.name.toLowerCase());
}

/** The name most like the given one, when one is near enough to be a slip. */
export function nearestName(columns: readonly Column[], name: string): string | undefined {
  return nearestOf(
    columns.map((column) => column.name),
    name,
  );
}

/** The one of some names that is most like the given one, when it is near enough. */
export function nearestOf(names: readonly string[], name: string): string | undefined {
  const wanted = name.toLowerCase().slice(0, 64);
  let best: string | undefined;
  // A name of one or two letters is near to everything.
  let least = Math.max(wanted.length > 2 ? 2 : 1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of names) {
    const distance = editDistance(wanted, candidate.toLowerCase().slice(0, 64));
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

/** Fewest insertions, deletions and replacements that turn one into the other. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
