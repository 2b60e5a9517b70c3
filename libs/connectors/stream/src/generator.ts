import { setTimeout as sleep } from 'node:timers/promises';
import {
  constantColumn,
  type ReadBatch,
  type ReadColumn,
  type Reader,
  type ReadOptions,
  type ReadWish,
  RowBatchBuilder,
} from '@sluice/connector-sdk';
import {
  type BatchLimits,
  type DirtyRecord,
  type Position,
  type ReadPlan,
  type RowSchema,
  SluiceError,
  type Split,
} from '@sluice/model';
import { type FieldMaker, generatedColumns } from './generated-columns.ts';
import type { Settings } from './settings.ts';

/** Rows below which cutting is not worth it. */
const SMALL = 20_000;

/** Ids above `from` up to and including `to`. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/** Reads rows that exist only by being computed: the row of an id is the same whenever, wherever and in which split it is read. */
export class Generator implements Reader {
  readonly #settings: Settings;
  readonly #table: string;

  constructor(settings: Settings, table: string) {
    this.#settings = settings;
    this.#table = table;
  }

  async plan(wish: ReadWish): Promise<ReadPlan> {
    const { rows, resumable, splits } = this.#settings;
    const wanted = splits ?? (rows < SMALL ? 1 : wish.channels);
    const pieces = Math.max(1, Math.min(wanted, rows, wish.channels * 64));
    const at = (n: number): number => Math.floor((rows / pieces) * n);
    return {
      splits: Array.from({ length: pieces }, (_, ordinal) => {
        const range: Range = { from: at(ordinal), to: ordinal === pieces - 1 ? rows : at(ordinal + 1) };
        return { ordinal, range, label: `id > ${range.from} and id <= ${range.to}`, resumable };
      }),
      schema: this.schema(wish.columns),
      rows: { count: rows, kind: 'exact' },
      notes: resumable ? [] : ['The generator was told that it cannot resume inside a split.'],
    };
  }

  async *read(split: Split, from: Position | null, options: ReadOptions): AsyncIterable<ReadBatch> {
    const { signal, limits, columns } = options;
    const { rowsPerSecond } = this.#settings;
    const range = split.range as Range;
    const begun = performance.now();
    let read = 0;
    const first = from === null ? range.from : Number(from);
    for (const batch of this.#batches(first + 1, range.to, limits, this.#layOut(columns).makers)) {
      if (signal.aborted) return;
      read += batch.recordCount + batch.dirty.length;
      if (!(await waited(rowsPerSecond === undefined ? 0 : begun + (read / rowsPerSecond) * 1000, signal)))
        return;
      yield batch;
    }
  }

  async close(): Promise<void> {}

  /** The schema of what is read. Throws SLUICE_SRC_COLUMN. */
  schema(columns: readonly ReadColumn[] | undefined): RowSchema {
    return this.#layOut(columns).schema;
  }

  *#batches(
    first: number,
    last: number,
    limits: BatchLimits,
    makers: readonly FieldMaker[],
  ): Iterable<ReadBatch> {
    const { badEvery, resumable } = this.#settings;
    const builder = new RowBatchBuilder(limits.maxBytes + 4096);
    let dirty: DirtyRecord[] = [];
    let index = 0;
    const take = (position: number): ReadBatch => {
      const batch = { ...builder.take(), dirty, position: resumable ? String(position) : null };
      dirty = [];
      index = 0;
      return batch;
    };
    for (let n = first; n <= last; n++) {
      if (badEvery > 0 && n % badEvery === 0) dirty.push(badRow(n, index));
      else {
        for (const make of makers) make(builder, n);
        // The row under way is not in the batch yet: a batch that it would overfill is closed before it.
        if (index > 0 && builder.byteLength + builder.rowBytes > limits.maxBytes) yield take(n - 1);
        builder.endRow();
      }
      index++;
      if (index >= limits.maxRecords || builder.byteLength >= limits.maxBytes) yield take(n);
    }
    if (index > 0) yield take(last);
  }

  #layOut(columns: readonly ReadColumn[] | undefined): { schema: RowSchema; makers: readonly FieldMaker[] } {
    const { seed, kinds, padding, columns: own } = this.#settings;
    const known = generatedColumns(seed, kinds, padding);
    const names = own ?? known.map(({ column }) => column.name);
    const wanted = columns ?? names.map((name): ReadColumn => ({ as: name, column: name }));
    const chosen = wanted.map((wish) => {
      if (wish.column === undefined) {
        const { column, bytes } = constantColumn(wish);
        const make: FieldMaker = (builder) => builder.raw(bytes, 0, bytes.length);
        return { column, make };
      }
      const found = known.find(({ column }) => column.name === wish.column);
      if (found === undefined)
        throw new SluiceError('SLUICE_SRC_COLUMN', {
          detail: `There is no column ${wish.column}; there are ${known.map(({ column }) => column.name).join(', ')}.`,
          place: wish.column,
        });
      return { column: { ...found.column, name: wish.as }, make: found.make };
    });
    const key = wanted.find((wish) => wish.column === 'id')?.as;
    return {
      schema: {
        name: this.#table,
        columns: chosen.map(({ column }) => column),
        key: key === undefined ? [] : [key],
        dialect: 'stream',
      },
      makers: chosen.map(({ make }) => make),
    };
  }
}

const badRow = (n: number, index: number): DirtyRecord => ({
  index,
  code: 'SLUICE_SRC_VALUE',
  reason: `Row ${n} is one that cannot be decoded: every so many are.`,
  record: `{"id":${n}}`,
});

/** Waits until a time, at least for the event loop to go round; false on abort. */
async function waited(until: number, signal: AbortSignal): Promise<boolean> {
  const milliseconds = until - performance.now();
  if (milliseconds < 1) await new Promise((resolve) => setImmediate(resolve));
  else await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
  return !signal.aborted;
}
