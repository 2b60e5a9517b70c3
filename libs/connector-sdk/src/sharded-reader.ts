import {
  type Column,
  type Position,
  type ReadPlan,
  type RowSchema,
  SluiceError,
  type Split,
} from '@sluice/model';
import type { ReadBatch, Reader, ReadOptions, ReadWish } from './reader.ts';

/** One of several sources that are read as one: a table, a query, or all of a data source. */
export interface Shard {
  /** For people: it stands before the labels of its splits. */
  readonly name: string;
  open(): Promise<Reader>;
}

/** A split of one shard; stored with the run. */
interface ShardRange {
  readonly shard: string;
  readonly range: unknown;
}

/** Reads sources of equal columns as one: the splits of each, under its name. */
export class ShardedReader implements Reader {
  readonly #shards: readonly Shard[];
  readonly #open = new Map<string, Promise<Reader>>();

  constructor(shards: readonly Shard[]) {
    this.#shards = shards;
  }

  async plan(wish: ReadWish): Promise<ReadPlan> {
    const channels = Math.ceil(wish.channels / this.#shards.length);
    const splits: Split[] = [];
    const schemas: NamedSchema[] = [];
    const notes: string[] = [];
    let rows: ReadPlan['rows'] = { count: 0, kind: 'exact' };
    for (const shard of this.#shards) {
      const plan = await (await this.#reader(shard)).plan({ ...wish, channels });
      schemas.push({ name: shard.name, schema: plan.schema });
      for (const split of plan.splits)
        splits.push({
          ...split,
          ordinal: splits.length,
          range: { shard: shard.name, range: split.range } satisfies ShardRange,
          label: `${shard.name}: ${split.label}`,
        });
      notes.push(...plan.notes.map((note) => `${shard.name}: ${note}`));
      rows = added(rows, plan.rows);
    }
    const schema = agreedSchema(schemas);
    if (schemas.length > 1 && schemas.some(({ schema: { key } }) => key.length > 0))
      notes.push('A key of one table says nothing about the others: the rows together have none.');
    return { splits, schema, notes, ...(rows === undefined ? {} : { rows }) };
  }

  async *read(split: Split, from: Position | null, options: ReadOptions): AsyncIterable<ReadBatch> {
    const { shard: name, range } = split.range as ShardRange;
    const shard = this.#shards.find((one) => one.name === name);
    if (shard === undefined)
      throw new SluiceError('SLUICE_OFF_LEDGER', `Split ${split.ordinal} is of ${name}, which is not read.`);
    yield* (await this.#reader(shard)).read({ ...split, range }, from, options);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map(async (reader) => (await reader).close()));
  }

  /** One that could not be opened is tried anew at the next call. */
  #reader({ name, open }: Shard): Promise<Reader> {
    let reader = this.#open.get(name);
    if (reader === undefined) {
      reader = open();
      this.#open.set(name, reader);
      reader.catch(() => this.#open.delete(name));
    }
    return reader;
  }
}

export interface NamedSchema {
  readonly name: string;
  readonly schema: RowSchema;
}

/**
 * The one schema of several sources: the same columns in the same order, of the same kinds. Throws SLUICE_SRC_SHARD that names the
 * first one that differs. Of several there is no key: what is unique in each is not in all.
 */
export function agreedSchema(schemas: readonly NamedSchema[]): RowSchema {
  const [first, ...others] = schemas;
  if (others.length === 0) return first!.schema;
  let columns = first!.schema.columns;
  for (const { name, schema } of others) {
    const why = difference(columns, schema.columns);
    if (why !== undefined)
      throw new SluiceError('SLUICE_SRC_SHARD', {
        detail: `${name} differs from ${first!.name}: ${why}.`,
        place: name,
      });
    columns = columns.map((column, i) => both(column, schema.columns[i]!));
  }
  return { ...first!.schema, columns, key: [] };
}

function difference(columns: readonly Column[], found: readonly Column[]): string | undefined {
  const names = new Set(found.map(({ name }) => name));
  const missing = columns.find(({ name }) => !names.has(name));
  if (missing !== undefined) return `it has no column ${missing.name}`;
  const more = found.find(({ name }) => !columns.some((column) => column.name === name));
  if (more !== undefined) return `it has a column ${more.name} more`;
  for (const [i, column] of columns.entries()) {
    const other = found[i]!;
    if (other.name !== column.name) return `column ${i + 1} is ${other.name}, not ${column.name}`;
    const [is, wanted] = [shown(other), shown(column)];
    if (is !== wanted) return `column ${column.name} is ${is}, not ${wanted}`;
  }
  return undefined;
}

/** What decides how a value rides. */
function shown({ kind, format, precision, scale }: Column): string {
  const digits = precision === undefined ? '' : `(${precision}, ${scale ?? 0})`;
  return `${kind}${digits}${format === undefined ? '' : ` of format ${format}`}`;
}

/** A column that holds the values of both. */
function both(one: Column, other: Column): Column {
  const { nativeType, maxLength, ...common } = one;
  const length =
    maxLength === undefined || other.maxLength === undefined
      ? undefined
      : Math.max(maxLength, other.maxLength);
  return {
    ...common,
    nullable: one.nullable || other.nullable,
    ...(nativeType === undefined || nativeType !== other.nativeType ? {} : { nativeType }),
    ...(length === undefined ? {} : { maxLength: length }),
  };
}

function added(sum: ReadPlan['rows'], more: ReadPlan['rows']): ReadPlan['rows'] {
  if (sum === undefined || more === undefined) return undefined;
  const isExact = sum.kind === 'exact' && more.kind === 'exact';
  return { count: sum.count + more.count, kind: isExact ? 'exact' : 'estimate' };
}
