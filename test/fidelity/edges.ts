import type { Kind } from '../e2e/pairs.ts';

/**
 * What is compared of a value: its bytes, or a number, date or time that two systems may spell differently and that is the same
 * all the same (`canonical.ts`).
 */
export type Sense =
  | 'text'
  | 'bytes'
  | 'boolean'
  | 'integer'
  | 'decimal'
  | 'float'
  | 'double'
  | 'date'
  | 'time'
  | 'timestamp'
  | 'timestamptz'
  | 'padded';

/** One value: an SQL expression of the source, and what the page calls it. */
export interface Edge {
  readonly sql: string;
  readonly label: string;
}

/** A type of a source system with its edge values. */
export interface EdgeType {
  /** Row of the matrix, `T-1` to `T-27`. */
  readonly row: string;
  /** As it is declared in the source. */
  readonly type: string;
  readonly sense: Sense;
  readonly edges: readonly Edge[];
  /** Types of hand-made target columns, beside the one that Sluice creates. */
  readonly into: Partial<Readonly<Record<Kind, readonly string[]>>>;
}

/** A plain string is its own label, shortened. */
export type EdgeText = string | readonly [sql: string, label: string];

export function edgeType(
  row: string,
  type: string,
  sense: Sense,
  edges: readonly EdgeText[],
  into: EdgeType['into'] = {},
): EdgeType {
  return {
    row,
    type,
    sense,
    into,
    edges: edges.map((edge) =>
      typeof edge === 'string' ? { sql: edge, label: shown(edge) } : { sql: edge[0], label: edge[1] },
    ),
  };
}

function shown(sql: string): string {
  const bare = /^'([^']*)'$/.exec(sql)?.[1] ?? sql;
  return bare.length > 48 ? `${bare.slice(0, 40)}… (${bare.length} characters)` : bare || `''`;
}
