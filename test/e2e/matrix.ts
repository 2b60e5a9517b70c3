import { has } from '@sluice/testkit';
import { fill, fingerprint, type Kind, type Place, place } from './pairs.ts';

/** Rows of every copy of the matrix; `.ci/run` asks for a second round with 1,000,000. */
export const ROWS = Number(process.env['SLUICE_ROWS'] ?? 50_000);

/** Milliseconds after which a copy that does not end has failed. */
export const PATIENCE = Math.max(120_000, ROWS * 0.6);

export const PAIRS: readonly (readonly [from: Kind, to: Kind])[] = [
  ['postgres', 'postgres'],
  ['mysql', 'postgres'],
  ['postgres', 'mysql'],
  ['sqlite', 'postgres'],
];

export interface Corner {
  readonly hasKey: boolean;
  readonly channels: number;
}

const KEYED_WIDE: Corner = { hasKey: true, channels: 4 };
const BARE_NARROW: Corner = { hasKey: false, channels: 1 };
const CORNERS = [KEYED_WIDE, BARE_NARROW, { hasKey: true, channels: 1 }, { hasKey: false, channels: 4 }];

/**
 * The ways in which a pair is copied in one mode: all four up to 50,000 rows. Above that the matrix is pruned, so that CI ends in minutes:
 * each pair is copied once in each mode, and what is with a key and on 4 channels in one is without a key and on 1 channel in the other.
 * So every pair sees both ends of both choices; what is left out at this size is their crossing.
 */
export function corners(mode: 'embedded' | 'kafka', pair: number): readonly Corner[] {
  if (ROWS <= 50_000) return CORNERS;
  return [(pair % 2 === 0) === (mode === 'embedded') ? KEYED_WIDE : BARE_NARROW];
}

export const available = (kind: Kind): boolean =>
  kind === 'sqlite' ? true : has(kind === 'mysql' ? 'mariadb' : kind);

/** A table that is read only: filled once and copied by several tests. */
export interface Source {
  readonly at: Place;
  /** Fingerprint of its rows by its own SQL; SQLite has no md5, so its is that of the same rows made by PostgreSQL. */
  readonly wanted: string;
}

/** The sources of one test file, each made when it is first wanted. */
export class Sources {
  readonly #made = new Map<string, Promise<Source>>();

  of(kind: Kind, hasKey: boolean): Promise<Source> {
    const name = `${kind} ${hasKey}`;
    let source = this.#made.get(name);
    if (source === undefined) this.#made.set(name, (source = make(kind, hasKey)));
    return source;
  }

  async close(): Promise<void> {
    for (const { at } of await Promise.all(this.#made.values())) await at.close();
  }
}

async function make(kind: Kind, hasKey: boolean): Promise<Source> {
  const at = await place(kind);
  await fill(at, 'orders', ROWS, hasKey);
  if (kind !== 'sqlite') return { at, wanted: await fingerprint(at, 'orders') };
  const same = await place('postgres');
  try {
    await fill(same, 'orders', ROWS, false);
    return { at, wanted: await fingerprint(same, 'orders') };
  } finally {
    await same.close();
  }
}

export function titleOf({ hasKey, channels }: Corner): string {
  const rows = ROWS.toLocaleString('en');
  return `${rows} rows, ${channels} channel${channels === 1 ? '' : 's'}, ${hasKey ? 'with' : 'without'} a primary key`;
}
