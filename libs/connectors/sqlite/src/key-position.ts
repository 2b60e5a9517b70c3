import { type Position, SluiceError } from '@sluice/model';
import type { SqliteValue } from './row-encoder.ts';

type KeyValue = Exclude<SqliteValue, null>;

/** The values of a key as a position: each with its storage class, which decides how it compares. */
export function positionOf(values: readonly SqliteValue[]): Position {
  return JSON.stringify(
    values.map((value) => {
      if (typeof value === 'bigint') return `i${value}`;
      if (typeof value === 'number') return `r${value}`;
      if (typeof value === 'string') return `t${value}`;
      if (value === null)
        throw new SluiceError('SLUICE_SRC_KEY', 'A row has a null in the key that is named.');
      return `b${Buffer.from(value).toString('hex')}`;
    }),
  );
}

export function valuesOf(position: Position): KeyValue[] {
  return (JSON.parse(position) as string[]).map((text): KeyValue => {
    const value = text.slice(1);
    switch (text[0]) {
      case 'i':
        return BigInt(value);
      case 'r':
        return Number(value);
      case 't':
        return value;
      case 'b':
        return Buffer.from(value, 'hex');
      default:
        throw new SluiceError('SLUICE_OFF_LEDGER', 'A position cannot be read.');
    }
  });
}
