/** What Avro allows as a name. */
const SAFE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * Field names for columns, in column order: Avro-safe and unique. A name that is safe already is kept, whatever the other
 * columns are called; the others get `_` for each character that Avro forbids and a number where that collides.
 */
export function avroNames(columns: readonly string[]): string[] {
  const taken = new Set(columns.filter((name) => SAFE.test(name)));
  const kept = new Set<string>();
  return columns.map((name) => {
    if (taken.has(name) && !kept.has(name)) {
      kept.add(name);
      return name;
    }
    const base = safeName(name);
    let candidate = base;
    for (let number = 2; taken.has(candidate); number++) candidate = `${base}_${number}`;
    taken.add(candidate);
    kept.add(candidate);
    return candidate;
  });
}

function safeName(name: string): string {
  const replaced = name.replace(/[^A-Za-z0-9_]/gu, '_');
  return SAFE.test(replaced) ? replaced : `_${replaced}`;
}
