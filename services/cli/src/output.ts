import { createRequire } from 'node:module';

/** How data is written to stdout: for people, or for programs. */
export type Output = 'table' | 'json' | 'ndjson' | 'yaml';

export const OUTPUTS: readonly Output[] = ['table', 'json', 'ndjson', 'yaml'];

type Cell = string | number | boolean | undefined | null;

/** Data to stdout: for programs, or as a table whose columns are picked from each item. */
export function printList<T>(
  items: readonly T[],
  output: Output,
  columns: Readonly<Record<string, (item: T) => Cell>>,
): void {
  if (output !== 'table') return printData(items, output);
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

/** One answer for a program; a list as NDJSON is one item a line. */
export function printData(value: unknown, output: Exclude<Output, 'table'>): void {
  if (output === 'yaml') process.stdout.write(yaml(value));
  else if (output === 'ndjson' && Array.isArray(value)) for (const item of value) printItem(item, output);
  else process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** One of many things that come one after another: a line of JSON, or a YAML document of its own. */
export function printItem(value: unknown, output: Exclude<Output, 'table'>): void {
  process.stdout.write(output === 'yaml' ? `---\n${yaml(value)}` : `${JSON.stringify(value)}\n`);
}

/** Loaded when it is asked for: most commands answer sooner without it. */
function yaml(value: unknown): string {
  const { stringify } = createRequire(import.meta.url)('yaml') as typeof import('yaml');
  // Lines are not folded: what is one line stays one, so that a search finds it.
  return stringify(value, { lineWidth: 0 });
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
