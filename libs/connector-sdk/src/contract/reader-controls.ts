import { SluiceError } from '@sluice/model';
import type { Connector } from '../connector.ts';
import type { ReadBatch, Reader } from '../reader.ts';
import { recordOffsets } from '../row-cursor.ts';
import type { Control } from './check.ts';
import type { ReaderFixture } from './reader-fixture.ts';

type Change = NonNullable<Control<ReaderFixture>['change']>;

/** A connector whose reader is changed; its methods are handed on one by one, because it may have private fields. */
function reading(change: (reader: Reader) => Partial<Reader>): Change {
  return (connector) => ({
    ...connector,
    openReader: async (...given) => {
      const reader = await connector.openReader!(...given);
      return {
        plan: (wish) => reader.plan(wish),
        read: (...asked) => reader.read(...asked),
        close: () => reader.close(),
        ...change(reader),
      };
    },
  });
}

/** A reader whose batches go through `change` on their way. */
const passing = (change: (batches: AsyncIterable<ReadBatch>, plan: PlanOf) => AsyncIterable<ReadBatch>) =>
  reading((reader) => {
    let schema: PlanOf;
    return {
      plan: async (wish) => (schema = await reader.plan(wish)),
      read: (...given) => change(reader.read(...given), schema),
    };
  });

type PlanOf = Awaited<ReturnType<Reader['plan']>>;

const opened = (change: (parameters: Record<string, unknown>, fixture: ReaderFixture) => void) =>
  ((connector: Connector, fixture: ReaderFixture) => ({
    ...connector,
    openReader: (config, parameters) => {
      const changed = { ...parameters };
      change(changed, fixture);
      return connector.openReader!(config, changed);
    },
  })) satisfies Change;

/** Faults of readers, each of which the checks that it names must notice. */
export const READER_CONTROLS: readonly Control<ReaderFixture>[] = [
  {
    fault: 'skips a row',
    breaks: ['covers'],
    change: passing(async function* (batches, { schema }) {
      let skipped = false;
      for await (const batch of batches) {
        const cut = recordOffsets(schema, batch.rows).at(-2);
        if (skipped || cut === undefined || batch.recordCount < 2) yield batch;
        else yield { ...batch, rows: batch.rows.subarray(0, cut), recordCount: batch.recordCount - 1 };
        skipped = true;
      }
    }),
  },
  {
    fault: 'repeats a row at the end of each split',
    breaks: ['covers', 'apart'],
    change: passing(async function* (batches, { schema }) {
      let last: ReadBatch | undefined;
      for await (const batch of batches) yield (last = batch);
      if (last === undefined) return;
      const from = recordOffsets(schema, last.rows).at(-2)!;
      yield { ...last, rows: last.rows.subarray(from), recordCount: 1, dirty: [] };
    }),
  },
  {
    fault: 'forgets the position that it is to go on from',
    breaks: ['resumes', 'hidden-key', 'rewrite', 'kill'],
    change: reading((reader) => ({ read: (split, _, options) => reader.read(split, null, options) })),
  },
  {
    fault: 'gives each batch the position of the one before it',
    breaks: ['resumes'],
    change: passing(async function* (batches) {
      let before: string | undefined;
      for await (const batch of batches) {
        yield { ...batch, position: before ?? batch.position };
        before = batch.position ?? undefined;
      }
    }),
  },
  {
    fault: 'gives positions where it cannot go on',
    breaks: ['null-positions'],
    change: passing(async function* (batches) {
      for await (const batch of batches) yield { ...batch, position: batch.position ?? '0' };
    }),
  },
  {
    fault: 'plans differently each time',
    breaks: ['repeatable'],
    change: reading((reader) => ({
      plan: async (wish) => {
        const plan = await reader.plan(wish);
        return { ...plan, splits: plan.splits.map((split) => ({ ...split, label: `${Math.random()}` })) };
      },
    })),
  },
  {
    fault: 'reads the columns that there are when it begins to read',
    breaks: ['planned-columns'],
    change: reading((reader) => ({
      read: async function* (split, from, options) {
        const { schema, splits } = await reader.plan({ channels: 1 });
        const columns = schema.columns.map(({ name }) => ({ as: name, column: name }));
        yield* reader.read(splits[split.ordinal] ?? split, from, { ...options, columns });
      },
    })),
  },
  {
    fault: 'makes one split of everything',
    breaks: ['cuts'],
    change: reading((reader) => ({ plan: (wish) => reader.plan({ ...wish, channels: 1 }) })),
  },
  {
    fault: 'makes batches larger than it is allowed to',
    breaks: ['limits'],
    change: reading((reader) => ({
      read: (split, from, options) =>
        reader.read(split, from, {
          ...options,
          limits: { ...options.limits, maxBytes: options.limits.maxBytes + 4096 },
        }),
    })),
  },
  {
    fault: 'drops records that it cannot decode without a word',
    breaks: ['damaged'],
    change: passing(async function* (batches) {
      for await (const batch of batches) if (batch.recordCount > 0) yield { ...batch, dirty: [] };
    }),
  },
  {
    fault: 'counts the index of a dirty record from the split and not from its batch',
    breaks: ['damaged'],
    change: passing(async function* (batches) {
      let before = 1;
      for await (const batch of batches) {
        const dirty = batch.dirty.map((record) => ({ ...record, index: record.index + before }));
        before += batch.recordCount + batch.dirty.length;
        yield { ...batch, dirty };
      }
    }),
  },
  {
    fault: 'ignores which columns are wished',
    breaks: ['columns', 'hidden-key'],
    change: reading((reader) => ({
      plan: ({ columns: _, ...wish }) => reader.plan(wish),
      read: (split, from, { columns: _, ...options }) => reader.read(split, from, options),
    })),
  },
  {
    fault: 'ignores its filter',
    breaks: ['filter', 'unsafe-filter'],
    change: opened((parameters, { filter }) => delete parameters[filter!.parameter]),
  },
  {
    fault: 'throws when it is aborted',
    breaks: ['abort', 'abort-waiting'],
    change: reading((reader) => ({
      read: async function* (split, from, options) {
        options.signal.throwIfAborted();
        for await (const batch of reader.read(split, from, options)) {
          yield batch;
          options.signal.throwIfAborted();
        }
        options.signal.throwIfAborted();
      },
    })),
  },
  {
    fault: 'keeps its connection open',
    breaks: ['connections'],
    change: (connector) => {
      const left: AsyncIterator<ReadBatch>[] = [];
      return {
        ...connector,
        openReader: async (...given) => {
          const reader = await connector.openReader!(...given);
          return {
            plan: (wish) => reader.plan(wish),
            read: async function* (split, from, options) {
              const kept = reader.read(split, from, { ...options, signal: new AbortController().signal });
              left.push(kept[Symbol.asyncIterator]());
              await left.at(-1)!.next();
              yield* reader.read(split, from, options);
            },
            close: async () => {
              await Promise.all(left.splice(0).map((batches) => batches.return!()));
              await reader.close();
            },
          };
        },
      };
    },
  },
  {
    fault: 'reads everything before anybody asks',
    breaks: ['back-pressure'],
    change: passing(async function* (batches) {
      const all: ReadBatch[] = [];
      for await (const batch of batches) all.push(batch);
      yield* all;
    }),
  },
  {
    fault: 'takes the end of its session for the end of the split',
    breaks: ['kill'],
    change: passing(async function* (batches) {
      try {
        yield* batches;
      } catch {
        // Nobody is told.
      }
    }),
  },
  {
    fault: 'has one code for everything',
    breaks: ['refused'],
    change: (connector) => ({
      ...connector,
      openReader: async () => {
        throw new SluiceError('SLUICE_SYS_BUG', 'Something went wrong.');
      },
    }),
  },
  {
    fault: 'says that every connection is well',
    breaks: ['check'],
    change: (connector) => ({
      ...connector,
      check: async () => [{ name: 'connect', ok: true, detail: '', milliseconds: 0 }],
    }),
  },
  {
    fault: 'lists no tables',
    breaks: ['listed'],
    change: (connector) => ({ ...connector, tables: async () => [] }),
  },
];
