import type { ErrorCode } from '@sluice/model';
import type { DataSourceConfig, Parameters } from '../connector.ts';
import type { Fixture } from './check.ts';
import type { SourceTitle } from './source-tables.ts';

/** What a reader is opened with. */
export interface Opened {
  readonly config: DataSourceConfig;
  readonly parameters: Parameters;
}

/** A table to be read, and what the store itself says is in it. */
export interface TestSource extends Opened {
  /** The columns that rows are compared by. */
  readonly columns: readonly string[];
  /** All rows as the store tells them, as `rowText` of these columns; in any order. */
  rows(): Promise<readonly string[]>;
}

/** A reader that must be refused, and how. */
export interface Refused extends Opened {
  readonly codes: readonly ErrorCode[];
  /** A text that no error may show. */
  readonly secret?: string;
}

/**
 * A store with tables, for the reader suite. Abilities that it lacks are named in `without` by the names given here in quotes.
 */
export interface ReaderFixture extends Fixture {
  /**
   * Tables whose splits and positions are checked: those of SOURCE_TABLES ('source: <title>'), and more of the store's own.
   * Made once each. The dense integer key has the columns `id` and another integer.
   */
  readonly sources: Readonly<Record<string, () => Promise<TestSource>>> &
    Readonly<Partial<Record<SourceTitle, () => Promise<TestSource>>>>;
  /** At least 12 MiB in rows of about 2 KiB with the columns `id` (1, 2, ...) and `pad`. */
  wide(): Promise<TestSource>;
  /** A source whose splits cannot be resumed ('unresumable'). */
  unresumable?(): Promise<TestSource>;
  /** Rows read in one split in the order of their indices, some of which cannot be decoded or carried ('damaged'). */
  damaged?(): Promise<TestSource & { readonly damaged: Readonly<Record<number, ErrorCode>> }>;
  /** Mistakes of the user and of the network, by what is wrong: at least 'column'. */
  readonly refused: Readonly<Record<string, () => Promise<Refused>>>;
  /** The reader's parameter for a filter that some rows of the dense integer key meet ('filter'), and filters to refuse. */
  readonly filter?: {
    readonly parameter: string;
    readonly keeps: (id: number) => boolean;
    readonly text: string;
    readonly unsafe: readonly string[];
  };
  /** A table that changes while it is read ('rewrite'): columns `id` (1 to 5000) and `v`; REWRITE says how it changes. */
  rewritten?(): Promise<TestSource & { rewrite(): Promise<void>; addColumn(): Promise<void> }>;
  /** Connections that are reading now ('connections'). */
  connections?(): Promise<number>;
  /** Ends the sessions that are reading now, as an administrator would ('kill'). */
  kill?(): Promise<void>;
  /** A source that does not answer for minutes, and whether somebody waits for it now ('stalled'). */
  stalled?(): Promise<Opened & { isAwaited(): Promise<boolean> }>;
  /** The source as its list of tables shows it ('listed'). Default: named by the parameter `table`, described on both sides. */
  listed?(): Promise<
    TestSource & {
      readonly name: string;
      readonly parameter?: string;
      readonly sides?: readonly ('source' | 'target')[];
    }
  >;
}
