type Cell = string | number | boolean | undefined | null;

/** Data to stdout: as JSON, or as a table whose columns are picked from each item. */
export function printList<T>(
  items: readonly T[],
  output: string,
  columns: Readonly<Record<string, (item: T) => Cell>>,
): void {
  if (output === 'json') return printJson(items);
  const names = Object.keys(columns);
  const rows = items.map((item) => names.map((name) => shown(columns[name]!(item))));
  const widths = names.map((name, at) => Math.max(name.length, ...rows.map((row) => row[at]!.length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => cell.padEnd(widths[at]!))
      .join('  ')
      .trimEnd();
  process.stdout.write(`${[names.map((name) => name.toUpperCase()), ...rows].map(line).join('\n')}\n`);
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** One line for a person; goes to stderr, so that stdout holds data only. */
export function note(text: string): void {
  process.stderr.write(`${printable(text)}\n`);
}

/** Milliseconds since 1970 as people read them. */
export function time(milliseconds: number | undefined): string | undefined {
  return milliseconds === undefined
    ? undefined
    : new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');
}

function shown(cell: Cell): string {
  return cell === undefined || cell === null ? '-' : printable(String(cell));
}

/** Names and texts come from elsewhere: none of them moves the cursor, colours the terminal or turns its text around. */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '\uFFFD');
}
