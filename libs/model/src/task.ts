import type { WriteMode } from './plan.ts';

export type TaskMode = 'full' | 'incremental' | 'cdc';

/** One end of a task. */
export interface TaskEnd {
  /** Id or name of a data source of the task's workspace. */
  readonly dataSource: string;
  /** Parameters of the connector's reader or writer, validated against its spec. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Workers that read or write here; absent: the task's, else the data source's, else `default`. */
  readonly resourceGroup?: string;
}

/** Tables of one of several data sources that a reader reads as one. */
export interface SourceTables {
  /** Id or name of a data source, of the connector of the reader's own. */
  readonly dataSource: string;
  /** As the reader's parameter `tables`. */
  readonly tables: readonly string[];
}

/** The reader of a task. */
export interface ReaderEnd extends TaskEnd {
  /** In place of a table among the parameters: tables of several data sources, the reader's own among them. */
  readonly sources?: readonly SourceTables[];
}

/** What a constant or a parameter of a task can be. */
export type Scalar = string | number | boolean | null;

/** A cast that reads or writes text in a form of its own, or clock times of a time zone. */
export interface CastSpec {
  /** The kind, e.g. `timestamptz`, `string`. */
  readonly to: string;
  /** Pattern of the text on the one side, e.g. `yyyy/MM/dd HH:mm`. */
  readonly format?: string;
  /** Zone of clock times without one, e.g. `Asia/Shanghai`, `+08:00`; UTC by default. */
  readonly zone?: string;
}

/** One target column and where it comes from. */
export interface FieldMapping {
  /** Target column. */
  readonly to: string;
  /** Source column by name or by position from 0, a constant, or an expression. Exactly one of the four. */
  readonly from?: string;
  readonly position?: number;
  /** In a text `${name}` stands for a parameter; alone it keeps the parameter's type. */
  readonly constant?: Scalar;
  /** CEL over the source row (docs/mapping.md). */
  readonly expression?: string;
  /** Cast to a kind before writing; e.g. `long`, `string`, `decimal(12,2)`. */
  readonly cast?: string | CastSpec;
}

/** A transformer of DataX: it changes one source column, or drops rows, before the fields are mapped. */
export interface TransformerSpec {
  /** `dx_substr`, `dx_pad`, `dx_replace`, `dx_filter`, `dx_digest`; `dx_groovy` is refused with what replaces it. */
  readonly name: string;
  /** Source column by name, or by index from 0. Exactly one of the two, but none for `dx_groovy`. */
  readonly column?: string;
  readonly columnIndex?: number;
  readonly paras?: readonly string[];
  /** Only `dx_groovy`. */
  readonly code?: string;
  readonly extraPackage?: readonly string[];
}

export interface ChannelControl {
  readonly channels: number;
  readonly rowsPerSecond?: number;
  readonly bytesPerSecond?: number;
  /** Records that may be dirty before the run fails; 0 by default, -1: any number. */
  readonly dirtyLimit: number;
  readonly batchRecords?: number;
  readonly batchBytes?: number;
  /** Workers of the run, mappers included, where an end does not say otherwise. */
  readonly resourceGroup?: string;
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
  readonly reader: ReaderEnd;
  readonly writer: TaskEnd;
  /** `name` (default): fields pair by name. `position`: by position. A list: as it says. */
  readonly mapping?: 'name' | 'position' | readonly FieldMapping[];
  /** CEL over the source row: rows for which it is not true are not written and count as filtered. */
  readonly filter?: string;
  /** Applied in order behind the filter and before the fields. */
  readonly transformers?: readonly TransformerSpec[];
  /** Names that constants and expressions may use as `${name}`, with what they are when a start says nothing else. */
  readonly parameters?: Readonly<Record<string, Scalar>>;
  /** Force a map stage even where the reader's query could do the mapping; for tests and for debugging. */
  readonly mapStage?: boolean;
  readonly write?: {
    readonly mode?: WriteMode;
    /** Columns of a unique key of the target that the mode goes by; without them its primary key. */
    readonly key?: readonly string[];
    readonly truncateFirst?: boolean;
    readonly createTable?: boolean;
    /** Records and bytes of one transaction at most, to the batch; 50,000 and 16 MiB when left out. */
    readonly transactionRecords?: number;
    readonly transactionBytes?: number;
    /** SQL statements in the target, once a generation; `@table` stands for the target table. */
    readonly preSql?: readonly string[];
    readonly postSql?: readonly string[];
  };
  readonly control?: Partial<ChannelControl>;
  readonly origin?: TaskOrigin;
}

export const DEFAULT_CONTROL: ChannelControl = { channels: 1, dirtyLimit: 0 };
