import type { Column, ErrorCode, Scalar } from '@sluice/model';
import type { CastType } from './cast-type.ts';
import type { RunFacts } from './expression/term.ts';
import type { ResolvedTransformer } from './transformers/transformer.ts';

/** One column behind the mapping and where it comes from; plain data. */
export interface ResolvedField {
  /** Target column, exactly as the target spells it when the target is known. */
  readonly to: string;
  /** Source column, exactly as the source spells it; absent for a constant and an expression. */
  readonly from?: string;
  readonly constant?: Scalar;
  readonly expression?: string;
  /** Only where the cast changes something. */
  readonly cast?: CastType;
  /** The column of the rows behind the mapping. */
  readonly column: Column;
  /** JSON pointer into the task document. */
  readonly pointer: string;
}

/** A whole mapping, ready to be compiled for the rows of its source; plain data, as it is stored with a run. */
export interface ResolvedMapping {
  readonly fields: readonly ResolvedField[];
  readonly filter?: string;
  readonly transformers?: readonly ResolvedTransformer[];
  /** What `${name}` stands for in expressions. */
  readonly parameters?: Readonly<Record<string, Scalar>>;
  readonly run?: RunFacts;
  /** Names of the workspace's secrets that the mapper needs. */
  readonly secrets?: readonly string[];
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
  /** Of an expression: the part at fault, as offsets into its text. */
  readonly part?: { readonly start: number; readonly end: number };
}

/** `safe`: every value arrives. `may-lose`: some values cannot; their records are dirty. `impossible`: none can. */
export type Verdict = 'safe' | 'may-lose' | 'impossible';

export interface FieldVerdict {
  readonly pointer: string;
  readonly to: string;
  readonly from?: string;
  readonly expression?: string;
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
