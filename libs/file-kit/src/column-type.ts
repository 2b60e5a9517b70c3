import type { Column, StringFormat } from '@sluice/model';
import { SluiceError } from '@sluice/model';

const PLAIN: ReadonlySet<string> = new Set([
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
const FORMATS: ReadonlySet<string> = new Set(['json', 'uuid', 'numeric']);
const DECIMAL = /^decimal\(\s*(\d{1,4})\s*(?:,\s*(\d{1,4})\s*)?\)$/;
const MOST_DIGITS = 1000;

/** A column of a file by its declared type: a kind, `decimal(p,s)`, or `json`, `uuid`, `numeric` for texts of that form. */
export function declaredColumn(name: string, type = 'string'): Column {
  const text = type.trim().toLowerCase();
  if (PLAIN.has(text)) return { name, kind: text as Column['kind'], nullable: true };
  if (FORMATS.has(text)) return { name, kind: 'string', format: text as StringFormat, nullable: true };
  const found = DECIMAL.exec(text);
  const precision = Number(found?.[1]);
  const scale = Number(found?.[2] ?? 0);
  if (found === null || precision < 1 || precision > MOST_DIGITS || scale > precision)
    throw new SluiceError('SLUICE_CFG_INVALID', {
      detail: `Column ${name} has no type ${type}; types are ${[...PLAIN, ...FORMATS].join(', ')} and decimal(p,s).`,
      place: '/types',
    });
  return { name, kind: 'decimal', precision, scale, nullable: true };
}
