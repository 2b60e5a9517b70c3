import type { FieldMapping, ReaderEnd, TaskDocument, TaskEnd, TaskOrigin } from '@sluice/model';
import type { Json } from '../syntax/node.ts';
import type { Dialect } from './dialects.ts';

/** What a script says that a task document has no field for; it goes back into the script when the task is exported. */
export interface Origin extends TaskOrigin {
  readonly dialect: Dialect;
  /** Values by pointers that the dialects share: `/reader/parameter/envType`, `/setting/speed/dmu`, `/extend`. */
  readonly keys?: Readonly<Record<string, Json>>;
}

/**
 * A task document as a script makes it: also with fields that the engine does not have yet. Storing it is refused as long as it holds
 * one of them, with the pointer.
 */
export type ScriptDocument = Omit<
  TaskDocument,
  'reader' | 'writer' | 'mapping' | 'write' | 'control' | 'origin'
> & {
  readonly reader: ReaderEnd;
  readonly writer: TaskEnd;
  readonly mapping?: 'name' | 'position' | readonly FieldMapping[];
  readonly write?: { readonly [key: string]: Json };
  readonly control?: { readonly [key: string]: Json };
  readonly origin?: Origin;
};
