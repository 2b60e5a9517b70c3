import { randomUUID } from 'node:crypto';
import { Link, type Settings } from './connection.ts';
import type { Side } from './errors.ts';
import { literal } from './identifier.ts';

/** Settings of every reading session: positions are texts of this session, so they must not depend on the server's. */
const SESSION = [
  // utf8mb4 for text in both directions; binary columns come raw.
  'set names utf8mb4',
  "set session sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00'",
  // A resting reader is no broken reader: flow control may hold it for a long time.
  'set session net_write_timeout = 3600, wait_timeout = 28800',
  'set session transaction isolation level repeatable read',
];

/** A session to read with, and the task's `own` settings; never one that could be asked for a file. */
export async function openReadSession(
  settings: Settings,
  side: Side = 'source',
  own: readonly string[] = [],
): Promise<Link> {
  const link = await Link.open(settings, side, false);
  try {
    for (const statement of [...SESSION, ...own]) await link.query(statement);
    return link;
  } catch (error) {
    link.destroy();
    throw error;
  }
}

/** One consistent view for the reads that follow; nothing in it can change the source (S-40). */
export async function beginSnapshot(link: Link): Promise<void> {
  await link.query('start transaction with consistent snapshot, read only');
}

/** Names a session by a lock that it holds, so that whoever knows the name can end it; answers the name. */
export async function nameSession(link: Link): Promise<string> {
  const name = `sluice:read:${randomUUID()}`;
  await link.query(`select get_lock(${literal(name)}, 0)`);
  return name;
}

/**
 * Ends a session whose statement nobody wants any more: the server itself notices a closed socket only when it has rows to
 * send. Best effort; the lock says which connection it is, also where the servers behind an address are several.
 */
export async function endSession(settings: Settings, name: string): Promise<void> {
  const link = await Link.open(settings, 'source', false).catch(() => undefined);
  if (link === undefined) return;
  try {
    const answer = await link.query(`select is_used_lock(${literal(name)})`);
    const id = answer.rows[0]?.[0];
    if (typeof id === 'string') await link.query(`kill ${Number(id)}`);
  } catch {
    // It has ended by itself, or will.
  } finally {
    await link.end();
  }
}
