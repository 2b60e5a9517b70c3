import {
  type Connector,
  RowBatchBuilder,
  type Reader,
  type TargetConnections,
  TransactionalWriter,
} from '@sluice/connector-sdk';
import { type ConnectorSpec, type RowSchema, SluiceError } from '@sluice/model';
import type { Process, World } from './world.ts';

export const SCHEMA: RowSchema = {
  name: 'orders',
  columns: [
    { name: 'id', kind: 'long', nullable: false },
    { name: 'text', kind: 'string', nullable: true },
  ],
  key: [],
};

export const SPEC: ConnectorSpec = {
  name: 'stream',
  title: 'Simulated',
  schemes: [],
  dataSource: { type: 'object', properties: {}, additionalProperties: false },
  capabilities: {
    modes: ['full'],
    splittable: true,
    resumable: true,
    writeModes: ['insert'],
    guarantee: 'exactly-once',
    projects: true,
  },
};

export interface SourceShape {
  readonly rows: number;
  readonly splits: number;
  readonly resumable: boolean;
  /** Rows of the largest batches. */
  readonly batch: number;
}

/** What may go wrong while reading. */
export interface SourceFaults {
  /** The next statement fails as a broken connection does. */
  broken: boolean;
  /** Every statement is refused, until somebody repairs it. */
  refused: boolean;
}

/** What the source says about a record. */
export const textOf = (id: number): string => `row ${id}`;

interface Range {
  readonly from: number;
  readonly to: number;
}

/**
 * Ids 0..rows-1, cut into splits. No two plans cut alike, and no two readings make the same batches, as with a table that changes
 * its size. A position is the last id.
 */
function reader(world: World, process: Process, shape: SourceShape, faults: SourceFaults): Reader {
  return {
    plan: async () => {
      await world.step(process);
      const cuts = Array.from({ length: shape.splits - 1 }, () => world.below(shape.rows + 1));
      const edges = [0, ...cuts.sort((a, b) => a - b), shape.rows];
      const splits = Array.from({ length: shape.splits }, (_, ordinal) => ({
        ordinal,
        range: { from: edges[ordinal]!, to: edges[ordinal + 1]! } satisfies Range,
        label: `${edges[ordinal]}..`,
        resumable: shape.resumable,
      }));
      return { splits, schema: SCHEMA, notes: [] };
    },
    read: async function* (split, from, { signal }) {
      const range = split.range as Range;
      let next = from === null ? range.from : Number(from) + 1;
      while (next < range.to) {
        await world.step(process);
        if (signal.aborted) return;
        if (faults.refused) throw new SluiceError('SLUICE_SRC_QUERY', 'No such column.');
        if (faults.broken) {
          faults.broken = false;
          throw new SluiceError('SLUICE_SRC_INTERRUPTED', 'The connection was cut.');
        }
        const builder = new RowBatchBuilder(256);
        const size = 1 + world.below(shape.batch);
        for (let i = 0; i < size && next < range.to; i++, next++) {
          builder.longNumber(next);
          builder.string(textOf(next));
          builder.endRow();
        }
        yield { ...builder.take(), dirty: [], position: shape.resumable ? String(next - 1) : null };
      }
    },
    close: async () => undefined,
  };
}

/** One process's connector: source and target of the simulation. */
export function simConnector(
  world: World,
  process: Process,
  shape: SourceShape,
  faults: SourceFaults,
  connections: TargetConnections,
): Connector {
  return {
    spec: SPEC,
    check: async () => [],
    tables: async () => [],
    describe: async () => SCHEMA,
    openReader: async () => reader(world, process, shape, faults),
    openWriter: async () => new TransactionalWriter(connections),
  };
}
