import { type Column, SluiceError } from '@sluice/model';

/** A value that has no form in the file: its record is dirty. */
export function unfit(column: Column, why: string): SluiceError {
  return new SluiceError('SLUICE_TGT_VALUE', {
    detail: `The value of ${column.name} cannot be written: ${why}.`,
    place: column.name,
  });
}

/** A null in a column that takes none. */
export function missing(column: Column): SluiceError {
  return new SluiceError('SLUICE_TGT_CONSTRAINT', {
    detail: `${column.name} is null, and the column takes no nulls.`,
    place: column.name,
  });
}
