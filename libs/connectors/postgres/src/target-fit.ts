import type { RowCursor } from '@sluice/connector-sdk';
import { type Column, SluiceError } from '@sluice/model';
import type { NativeColumn } from './catalog.ts';
import { judgeText, oddType } from './odd-types.ts';

/** What the writer must know of a target column. */
export type TargetColumn = Pick<NativeColumn, 'typname' | 'maxLength' | 'fraction' | 'scale'>;

/** Throws SLUICE_TGT_VALUE for a value (not null, not an escape text) that the column would change without a word. */
export type FitCheck = (cursor: RowCursor) => void;

const DAY_MICROS = 86_400_000_000n;
const TIMES: ReadonlySet<string> = new Set(['time', 'timetz', 'timestamp', 'timestamptz']);

/** A row-level error: the bisecting isolates the record (D-16). */
export function misfit(column: Column, detail: string): SluiceError {
  return new SluiceError('SLUICE_TGT_VALUE', { detail, place: column.name });
}

/**
 * PostgreSQL rounds a fraction of a second and the digits of a numeric to what the column keeps, drops the time of day for
 * a date, and cuts spaces off a text that is too long. Undefined: the column changes nothing of this kind.
 */
export function fitCheck(column: Column, target: TargetColumn): FitCheck | undefined {
  const odd = oddType(column, target.typname, target.fraction ?? 6);
  if (odd !== undefined && column.kind === 'string') return judgeText(odd, (why) => misfit(column, why));
  switch (column.kind) {
    case 'string':
      return textCheck(column, target.maxLength);
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return timeCheck(column, target);
    case 'decimal':
      return decimalCheck(column, target);
    case 'float':
    case 'double':
      if (target.typname !== 'money') return undefined;
      return (cursor) => {
        const value = column.kind === 'float' ? cursor.float() : cursor.double();
        if (Number(value.toFixed(2)) !== value)
          throw misfit(column, `${value} is no amount of money in cents.`);
      };
    default:
      return undefined;
  }
}

/** `most` in characters. */
function textCheck(column: Column, most: number | undefined): FitCheck | undefined {
  if (most === undefined || (column.maxLength !== undefined && column.maxLength <= most)) return undefined;
  return (cursor) => {
    // A character has at least one byte.
    if (cursor.end - cursor.start <= most) return;
    let characters = 0;
    for (let at = cursor.start; at < cursor.end; at++) if ((cursor.buffer[at]! & 0xc0) !== 0x80) characters++;
    if (characters > most)
      throw misfit(column, `A text of ${characters} characters is too long for ${most} characters.`);
  };
}

function timeCheck(column: Column, target: TargetColumn): FitCheck | undefined {
  const { typname, fraction = 6 } = target;
  const changes =
    (typname === 'timetz' && column.kind !== 'time') ||
    typname === 'date' ||
    (TIMES.has(typname) && fraction < 6);
  return changes ? (cursor) => checkMicros(column, target, cursor.longBigint()) : undefined;
}

/** Throws for a time or timestamp of which the target would keep less; microseconds of any origin at midnight. */
export function checkMicros(column: Column, { typname, fraction = 6 }: TargetColumn, micros: bigint): void {
  if (typname === 'timetz' && column.kind !== 'time')
    throw misfit(column, 'The value has a date, which the target would drop.');
  if (typname === 'date' && micros % DAY_MICROS !== 0n)
    throw misfit(column, 'The value has a time of day, which a date cannot hold.');
  if (TIMES.has(typname) && micros % 10n ** BigInt(6 - fraction) !== 0n)
    throw misfit(column, `The target keeps ${fraction} digits of a second.`);
}

function decimalCheck(column: Column, { typname, scale }: TargetColumn): FitCheck | undefined {
  const kept = typname === 'money' ? 2 : typname === 'numeric' ? (scale ?? Infinity) : Infinity;
  const more = (column.scale ?? 0) - kept;
  if (!(more > 0)) return undefined;
  const step = 10n ** BigInt(more);
  return (cursor) => {
    if (cursor.decimal() % step !== 0n)
      throw misfit(column, `The target keeps ${kept} digits behind the point.`);
  };
}
