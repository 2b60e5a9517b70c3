import { ok } from 'node:assert/strict';
import type { RowSchema } from '@sluice/model';
import { decodeRows } from '@sluice/wire';

/** A value as a test gives it and a store tells it: an exact integer, a text or null. */
export type Cell = bigint | number | string | null;

/** The text that rows are compared by: fields joined by `|`, null as `~`, bytes in hexadecimal. */
export function rowText(cells: readonly unknown[]): string {
  return cells.map(cellText).join('|');
}

function cellText(cell: unknown): string {
  if (cell === null) return '~';
  if (Buffer.isBuffer(cell)) return cell.toString('hex');
  return String(cell);
}

/** Encoded rows as texts of the named columns. */
export function rowTexts(schema: RowSchema, rows: Buffer, names: readonly string[]): string[] {
  const at = names.map((name) => schema.columns.findIndex((column) => column.name === name));
  ok(
    !at.includes(-1),
    `of ${names.join(', ')} there is only ${schema.columns.map((c) => c.name).join(', ')}`,
  );
  return decodeRows(schema, rows).map((row) => rowText(at.map((index) => row[index])));
}

/** Throws with what is missing and what is too much; in any order. */
export function sameRows(found: readonly string[], expected: readonly string[], what = 'rows'): void {
  const left = new Map<string, number>();
  for (const row of expected) left.set(row, (left.get(row) ?? 0) + 1);
  const extra: string[] = [];
  for (const row of found) {
    const count = left.get(row) ?? 0;
    if (count === 0) extra.push(row);
    else left.set(row, count - 1);
  }
  const missing = [...left].flatMap(([row, count]) => Array.from({ length: count }, () => row));
  const some = (rows: readonly string[]): string =>
    rows
      .slice(0, 5)
      .map((row) => row.slice(0, 80))
      .join('; ');
  ok(
    missing.length === 0 && extra.length === 0,
    `${what}: ${missing.length} missing (${some(missing)}), ${extra.length} too many (${some(extra)})`,
  );
}

/** Throws with the first difference; in this order. */
export function sameOrder(found: readonly string[], expected: readonly string[], what: string): void {
  for (let i = 0; i < Math.max(found.length, expected.length); i++)
    ok(
      found[i] === expected[i],
      `${what}: row ${i} is ${String(found[i]).slice(0, 80)}, expected ${String(expected[i]).slice(0, 80)}`,
    );
}
