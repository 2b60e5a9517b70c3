import type { WriteMode } from './plan.ts';

export type TaskMode = 'full' | 'incremental' | 'cdc';

/** One end of a task. */
export interface TaskEnd {
  /** Id or name of a data source of the task's workspace. */
  readonly dataSource: string;
  /** Parameters of the connector's reader or writer, validated against its spec. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** One target column and where it comes from. */
export interface FieldMapping {
  /** Target column. */
  readonly to: string;
  /** Source column by name, or by position from 0, or a constant. Exactly one of the three. */
  readonly from?: string;
  readonly position?: number;
  readonly constant?: string | number | boolean | null;
  /** Cast to a kind before writing; e.g. `long`, `string`, `decimal(12,2)`. */
  readonly cast?: string;
}

export interface ChannelControl {
  readonly channels: number;
  readonly rowsPerSecond?: number;
  readonly bytesPerSecond?: number;
  /** Records that may be dirty before the run fails; 0 by default, -1: any number. */
  readonly dirtyLimit: number;
  readonly batchRecords?: number;
  readonly batchBytes?: number;
}

/** The script that a task was imported from, as far as a task has no field for it. The engine does not look at it. */
export interface TaskOrigin {
  /** `dataworks-2.0`, `dataworks-1.0`, `datax` or `addax`. */
  readonly dialect: string;
  /** Types of reader and writer as the script names them. */
  readonly reader: string;
  readonly writer: string;
  /** Values without a field of ours, by pointer; they go back into the script when the task is exported. */
  readonly keys?: Readonly<Record<string, unknown>>;
}

/** The task document: what wizard, script, API and CLI share. */
export interface TaskDocument {
  readonly mode: TaskMode;
  readonly reader: TaskEnd;
  readonly writer: TaskEnd;
  /** `name` (default): fields pair by name. `position`: by position. A list: as it says. */
  readonly mapping?: 'name' | 'position' | readonly FieldMapping[];
  /** Force a map stage even where the reader's query could do the mapping; for tests and for debugging. */
  readonly mapStage?: boolean;
  readonly write?: {
    readonly mode?: WriteMode;
    readonly truncateFirst?: boolean;
    readonly createTable?: boolean;
  };
  readonly control?: Partial<ChannelControl>;
  readonly origin?: TaskOrigin;
}

export const DEFAULT_CONTROL: ChannelControl = { channels: 1, dirtyLimit: 0 };
