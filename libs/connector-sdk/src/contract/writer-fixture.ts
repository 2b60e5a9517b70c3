import { RowBatchBuilder } from '../row-batch-builder.ts';
import type { RowSchema } from '@sluice/model';
import type { TargetConnections } from '../target.ts';
import type { Fixture } from './check.ts';
import type { Opened, Refused } from './reader-fixture.ts';

/** A row as the suite writes it; a null `n` is what every target of the suite refuses. */
export type TargetRow = readonly [id: number, name: string | null, n: number | null];

/** An `n` that a target with the ability 'check' refuses. */
export const UNLUCKY = 666;

/** The columns of every target of the suite; `key` as the plan says. */
export const TARGET_SCHEMA: RowSchema = {
  name: 'contract',
  columns: [
    { name: 'id', kind: 'long', nullable: false },
    { name: 'name', kind: 'string', nullable: true },
    { name: 'n', kind: 'long', nullable: false },
  ],
  key: ['id'],
};

/** The rows as a batch carries them. `isNarrow`: without `name`. */
export function encodeRows(rows: readonly TargetRow[], isNarrow = false): Buffer {
  const builder = new RowBatchBuilder(1024);
  for (const [id, name, n] of rows) {
    builder.longNumber(id);
    if (!isNarrow)
      if (name === null) builder.nul();
      else builder.string(name);
    if (n === null) builder.nul();
    else builder.longNumber(n);
    builder.endRow();
  }
  return builder.take().rows;
}

/** One record of `_sluice_dirty`. */
export interface KeptDirty {
  readonly split: number;
  readonly seq: number;
  readonly index: number;
  readonly code: string;
}

/** A target of TARGET_SCHEMA, new and empty. */
export interface TestTarget extends Opened {
  /**
   * What the store itself says is in it, on a connection of its own: only what is committed. Without the ability 'partial': and what
   * will be in it when the newest generation is finished.
   */
  content(): Promise<unknown>;
  /** What `content` answers when it has these rows, in any order. */
  contentOf(rows: readonly TargetRow[]): unknown;
  /** What `_sluice_dirty` keeps of a generation. */
  dirty(generation: string): Promise<readonly KeptDirty[]>;
}

/**
 * A store to be written, for the writer suite. Abilities that it lacks are named in `without` by the names in quotes; beside those
 * below: takeovers, seals and cancels wait for open units ('waits'), and what an unfinished generation has written stays
 * ('partial').
 */
export interface WriterFixture extends Fixture {
  /**
   * `keyed`: primary key `id`, `n` not null and (ability 'check') not UNLUCKY. `keyless`: the same without a key. `absent`
   * (ability 'tables'): a table that the writer can create. `unique` (write mode update): `keyed`, and `n` is unique too. Ability 'key': keys are unique, and upserts go by them.
   */
  target(kind: 'keyed' | 'keyless' | 'absent' | 'unique'): Promise<TestTarget>;
  /** What the connector's writer works with. */
  connections(target: Opened): TargetConnections;
  /** Mistakes of the user and of the network, by what is wrong. */
  readonly refused: Readonly<Record<string, () => Promise<Refused>>>;
  /** How many tables of an overwriting are left beside a target (write mode overwrite). */
  staged?(target: Opened): Promise<number>;
  /** Removes the table of a target ('drop'). */
  drop?(target: Opened): Promise<void>;
  /** The target by a user who may do everything but insert into it ('right'). */
  withoutRight?(target: Opened): Promise<Opened>;
  /** Ends the sessions that are writing now, as an administrator would ('kill'). */
  kill?(): Promise<void>;
}
