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
  readonly batch: number;
}

/** What may go wrong while reading. */
export interface SourceFaults {
  /** The next statement fails as a broken connection does. */
  broken: boolean;
}

/** Ids 0..rows-1, cut into splits; a batch is `shape.batch` rows, its position the last id. */
function reader(world: World, process: Process, shape: SourceShape, faults: SourceFaults): Reader {
  const per = Math.ceil(shape.rows / shape.splits);
  return {
    plan: async () => {
      await world.step(process);
      const splits = Array.from({ length: shape.splits }, (_, ordinal) => ({
        ordinal,
        range: null,
        label: `${ordinal * per}..`,
        resumable: shape.resumable,
      }));
      return { splits, schema: SCHEMA, notes: [] };
    },
    read: async function* (split, from, { signal }) {
      const end = Math.min(shape.rows, (split.ordinal + 1) * per);
      let next = from === null ? split.ordinal * per : Number(from) + 1;
      while (next < end) {
        await world.step(process);
        if (signal.aborted) return;
        if (faults.broken) {
          faults.broken = false;
          throw new SluiceError('SLUICE_SRC_INTERRUPTED', 'The connection was cut.');
        }
        const builder = new RowBatchBuilder(256);
        for (let i = 0; i < shape.batch && next < end; i++, next++) {
          builder.longNumber(next);
          builder.string(`row ${next}`);
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
