import type { Json } from '../syntax/node.ts';
import type { ProblemCode } from '../syntax/problem-table.ts';
import type { Place } from '../syntax/source-text.ts';

/**
 * `mapped`: it is in the document. `defaulted`: the script does not have it, and the document says what that means there. `ignored`:
 * nothing of ours, kept for the way back. `unsupported`: Sluice has no way to do it yet.
 */
export type Fate = 'mapped' | 'defaulted' | 'ignored' | 'unsupported';

/** What became of one key of a script. */
export interface ReportEntry extends Place {
  /** Place in the script; of a default where the key would stand. */
  readonly pointer: string;
  readonly fate: Fate;
  /** Pointer in the document; `data source` and its field for what is a connection's. */
  readonly became?: string;
  /** The value there, where it is one and no secret. */
  readonly value?: Json;
  readonly why?: string;
  readonly code?: ProblemCode;
  /** The known key that an unknown one is nearest to. */
  readonly nearest?: string;
}
