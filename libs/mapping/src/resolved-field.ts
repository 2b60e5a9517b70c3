import type { Column, ErrorCode } from '@sluice/model';
import type { CastType } from './cast-type.ts';

/** One column behind the mapping and where it comes from; plain data. */
export interface ResolvedField {
  /** Target column, exactly as the target spells it when the target is known. */
  readonly to: string;
  /** Source column, exactly as the source spells it; absent for a constant. */
  readonly from?: string;
  readonly constant?: string | number | boolean | null;
  /** Only where the cast changes something. */
  readonly cast?: CastType;
  /** The column of the rows behind the mapping. */
  readonly column: Column;
  /** JSON pointer into the task document. */
  readonly pointer: string;
}

/** What keeps a mapping from working; found before a run starts. */
export interface FieldProblem {
  /** JSON pointer into the task document. */
  readonly pointer: string;
  readonly code: ErrorCode;
  /** One sentence; names the nearest column where there is one. */
  readonly detail: string;
  /** The column that was probably meant. */
  readonly nearest?: string;
}

/** `safe`: every value arrives. `may-lose`: some values cannot; their records are dirty. `impossible`: none can. */
export type Verdict = 'safe' | 'may-lose' | 'impossible';

export interface FieldVerdict {
  readonly pointer: string;
  readonly to: string;
  readonly from?: string;
  readonly verdict: Verdict;
  /** Why, in words. */
  readonly rule: string;
  /** The cast that makes the target's type of it, where the types differ and none is asked for. */
  readonly suggestedCast?: string;
}

export interface MappingResolution {
  /** Fields in writing order; those with problems are left out. */
  readonly fields: readonly ResolvedField[];
  /** Empty: the mapping can run. */
  readonly problems: readonly FieldProblem[];
  readonly verdicts: readonly FieldVerdict[];
}
