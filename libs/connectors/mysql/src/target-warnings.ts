import type { Answer, Link } from './connection.ts';
import { columnNamed, warningError } from './errors.ts';

/**
 * Warnings about the statement, not about a value: unsafe for statement-based replication, deprecated syntax
 * (`values()` in newer MySQL).
 */
const HARMLESS: ReadonlySet<number> = new Set([1287, 1592, 1681]);

/** Throws a data error when a statement was not taken word for word (D-16): any other warning or note counts. */
export async function refuseWarnings(link: Link, answer: Answer, columns: readonly string[]): Promise<void> {
  if (answer.warnings === 0) return;
  const listed = await link.query('show warnings');
  for (const [, errno, message] of listed.rows)
    if (!HARMLESS.has(Number(errno)))
      throw warningError(Number(errno), message ?? '', columnNamed(message ?? '', columns));
  if (listed.rows.length < answer.warnings) throw warningError(0, `${answer.warnings} warnings.`);
}
