import { Link, type Settings } from './connection.ts';
import type { Side } from './errors.ts';

/** Settings of every reading session: positions are texts of this session, so they must not depend on the server's. */
const SESSION = [
  // utf8mb4 for text in both directions; binary columns come raw.
  'set names utf8mb4',
  "set session sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00'",
  // A resting reader is no broken reader: flow control may hold it for a long time.
  'set session net_write_timeout = 3600, wait_timeout = 28800',
  'set session transaction isolation level repeatable read',
];

/** A session to read with; never one that could be asked for a file. */
export async function openReadSession(settings: Settings, side: Side = 'source'): Promise<Link> {
  const link = await Link.open(settings, side, false);
  try {
    for (const statement of SESSION) await link.query(statement);
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
