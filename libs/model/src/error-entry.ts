import type { ErrorKind } from './errors.ts';

export interface ErrorEntry {
  readonly kind: ErrorKind;
  /** HTTP status when the error ends an API call. */
  readonly status: number;
  /** One sentence: what it means. */
  readonly meaning: string;
  /** One sentence: what the user should do. */
  readonly remedy: string;
}

/** One line of the error table. */
export const entry = (kind: ErrorKind, status: number, meaning: string, remedy: string): ErrorEntry => ({
  kind,
  status,
  meaning,
  remedy,
});
