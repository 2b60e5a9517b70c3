import type { Store } from './store.ts';

/** Who did what to which object (S-70). Never holds a secret, a row or the text of a statement. */
export interface AuditEntry {
  /** Milliseconds since 1970. */
  readonly time: number;
  /** `slk_<id>`, `local` without login, `worker`. */
  readonly actor: string;
  /** Address that the call came from. */
  readonly address: string;
  /** Kind of object and verb: `task.update`, `run.cancel`, `access.refuse`. */
  readonly action: string;
  /** Id of the object. */
  readonly object: string;
  /** Its name at that time. */
  readonly name?: string;
  /** SHA-256 of the object before and after, hex; secrets count as what they are sealed as. */
  readonly before?: string;
  readonly after?: string;
  /** Fields that differ, as JSON pointers; of secrets only that they do. */
  readonly changed?: readonly string[];
  /** Code of the error for what was refused. */
  readonly refused?: string;
  readonly traceId: string;
}

/** An entry at its place in the chain of its workspace. */
export interface KeptAuditEntry extends AuditEntry {
  /** From 1 without gaps. */
  readonly n: number;
  /** SHA-256 over the place, the hash of the entry before and this one, hex. */
  readonly hash: string;
}

export interface AuditQuery {
  /** Entries before this one, the newest first; without it from the end. */
  readonly before?: number;
  readonly limit: number;
  readonly actor?: string;
  readonly action?: string;
  readonly object?: string;
  /** Milliseconds since 1970: from then on, and before then. */
  readonly since?: number;
  readonly until?: number;
}

/** Whether the chain is whole: every entry there, unchanged, in its place. */
export interface AuditVerdict {
  readonly entries: number;
  /** Hash of the last good entry: whoever keeps it can tell later that nothing was cut off behind. */
  readonly head: string;
  /** The first entry that is not as it was written; absent: the chain is whole. */
  readonly brokenAt?: number;
}

/** What a change within an entry's transaction may touch. */
export type Audited = Pick<Store, 'workspaces' | 'accessKeys' | 'dataSources' | 'secrets' | 'tasks' | 'runs'>;

/** Append-only: the store itself refuses to change or delete an entry. One chain a workspace. */
export interface AuditLog {
  /**
   * Makes a change and appends its entry in one transaction: both or neither. Changes of one workspace come one after the other. The body
   * uses only the store that it is given. Without an entry nothing is appended.
   */
  record<T>(
    workspace: string,
    change: (store: Audited) => Promise<{ readonly result: T; readonly entry?: AuditEntry }>,
  ): Promise<T>;
  read(
    workspace: string,
    query: AuditQuery,
  ): Promise<{ readonly entries: readonly KeptAuditEntry[]; readonly nextBefore?: number }>;
  verify(workspace: string): Promise<AuditVerdict>;
}
