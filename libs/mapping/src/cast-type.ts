import type { CastSpec, Column, ColumnKind } from '@sluice/model';

/** What a cast makes of a value; precision and scale only on decimals, where they are always present. */
export interface CastType {
  readonly kind: ColumnKind;
  readonly precision?: number;
  readonly scale?: number;
  /** Pattern of the text that a date or time is read from or becomes. */
  readonly pattern?: string;
  /** Zone of clock times that have none. */
  readonly zone?: string;
}

const PLAIN: ReadonlySet<string> = new Set<ColumnKind>([
  'boolean',
  'int',
  'long',
  'float',
  'double',
  'string',
  'bytes',
  'date',
  'time',
  'timestamp',
  'timestamptz',
]);
const DECIMAL = /^decimal\((\d{1,4})(?:, ?(\d{1,4}))?\)$/;

/** The most digits of a decimal that a cast makes; more than any target declares. */
const MAX_PRECISION = 1000;

/** The cast of a task document, e.g. `long`, `decimal(12,2)`, or one with a format; undefined when it is none. */
export function parseCast(cast: string | CastSpec): CastType | undefined {
  if (typeof cast === 'string') return parseKind(cast);
  const type = parseKind(cast.to);
  if (type === undefined) return undefined;
  const { format, zone } = cast;
  return {
    ...type,
    ...(format === undefined ? {} : { pattern: format }),
    ...(zone === undefined ? {} : { zone }),
  };
}

function parseKind(text: string): CastType | undefined {
  if (PLAIN.has(text)) return { kind: text as ColumnKind };
  const match = DECIMAL.exec(text);
  if (!match) return undefined;
  const precision = Number(match[1]);
  const scale = Number(match[2] ?? 0);
  if (precision < 1 || precision > MAX_PRECISION || scale > precision) return undefined;
  return { kind: 'decimal', precision, scale };
}

/** The type of the column that a cast makes. */
export function columnType({
  kind,
  precision,
  scale,
}: CastType): Pick<Column, 'kind' | 'precision' | 'scale'> {
  return {
    kind,
    ...(precision === undefined ? {} : { precision }),
    ...(scale === undefined ? {} : { scale }),
  };
}

/** A type as a cast is written. */
export function castText(type: CastType | Column): string {
  if (type.kind !== 'decimal') return type.kind;
  return type.precision === undefined ? 'decimal' : `decimal(${type.precision},${type.scale ?? 0})`;
}

/** Whether a cast leaves every value of the column as it is, so that its bytes are kept. */
export function keepsBytes(source: Column, cast: CastType): boolean {
  if (source.kind !== cast.kind || cast.pattern !== undefined || cast.zone !== undefined) return false;
  if (source.kind !== 'decimal') return true;
  if ((source.scale ?? 0) !== (cast.scale ?? 0)) return false;
  return source.precision !== undefined && source.precision <= cast.precision!;
}
