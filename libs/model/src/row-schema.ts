/**
 * The logical types of a column on the wire. Each becomes one Avro type:
 *
 * | kind | Avro | escape branch |
 * | --- | --- | --- |
 * | boolean, int, long, float, double, string, bytes | the same | no |
 * | decimal | bytes, logical decimal(precision, scale) | yes: NaN, infinities |
 * | date | int, logical date (days since 1970-01-01, proleptic Gregorian) | yes: infinities, zero dates |
 * | time | long, logical time-micros; 24:00:00 is 86,400,000,000 | yes: outside 0..24 h |
 * | timestamp | long, logical local-timestamp-micros | yes |
 * | timestamptz | long, logical timestamp-micros (UTC) | yes |
 *
 * Every field is the union `["null", X]`, with a third branch `"string"` (the escape branch, `text()` in the
 * builder) for kinds marked yes: it carries, as the source's own text, a value that X cannot hold.
 */
export type ColumnKind =
  | 'boolean'
  | 'int'
  | 'long'
  | 'float'
  | 'double'
  | 'decimal'
  | 'string'
  | 'bytes'
  | 'date'
  | 'time'
  | 'timestamp'
  | 'timestamptz';

/** What a `string` column holds, when it is more than text; lets a target choose a better type. */
export type StringFormat = 'json' | 'uuid' | 'numeric' | 'interval' | 'array' | 'bits' | 'enum' | 'other';

export interface Column {
  /** The name in the source or, behind a mapping, in the target: exact, never folded. */
  readonly name: string;
  readonly kind: ColumnKind;
  /** Total digits of a decimal. */
  readonly precision?: number;
  /** Digits behind the point of a decimal. */
  readonly scale?: number;
  readonly format?: StringFormat;
  readonly nullable: boolean;
  /** The type as the source declares it, e.g. `numeric(12,2)`, and its dialect; used to create target columns. */
  readonly nativeType?: string;
  /** Longest text in characters (string) or bytes (bytes), when the source declares one. */
  readonly maxLength?: number;
}

export interface RowSchema {
  /** Name of the table or file the rows come from; display and Avro record name only. */
  readonly name: string;
  readonly columns: readonly Column[];
  /** Columns of the primary key (or another unique, not-null key), in key order; empty: none. */
  readonly key: readonly string[];
  /** The dialect that `nativeType` is written in: `postgres`, `mysql`, `sqlite`, ... */
  readonly dialect?: string;
}

const ESCAPABLE: ReadonlySet<ColumnKind> = new Set(['decimal', 'date', 'time', 'timestamp', 'timestamptz']);

/** Whether a column's union has the escape branch. */
export function isEscapable(kind: ColumnKind): boolean {
  return ESCAPABLE.has(kind);
}

/** Index of a column by its exact name, or -1. */
export function columnIndex(schema: RowSchema, name: string): number {
  return schema.columns.findIndex((column) => column.name === name);
}
