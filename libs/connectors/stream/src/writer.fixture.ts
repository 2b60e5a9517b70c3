import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { recordOffsets } from '@sluice/connector-sdk';
import {
  encodeRows,
  type KeptDirty,
  TARGET_SCHEMA,
  type WriterFixture,
} from '@sluice/connector-sdk/contract';
import { NOTHING, totalsOf } from './checksum.ts';
import { SinkStore } from './sink-store.ts';
import { SinkConnections } from './sink.ts';
import { sinkTotals } from './totals.ts';

const NO_ROWS = 'A sink keeps no rows, only what they add up to.';

/** Sinks in one file of the test, or in the memory of this process. */
export function streamWriterFixture(where: 'file' | 'memory'): WriterFixture {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-stream-'));
  const path = join(folder, 'sink.db');
  const config = where === 'file' ? { file: path } : {};
  let made = 0;

  /** Committed ones: whoever shares a connection in memory sees those of an open unit too. */
  const DIRTY = `select d.split, d.seq, d."index", d.code from _sluice_dirty d
    join _sluice_progress p on p.task_id = d.task_id and p.generation = d.generation and p.split = d.split
    where d.generation = ? and d.seq <= p.seq`;
  const dirtyOf = (generation: string): unknown[][] => {
    if (where === 'memory') {
      const store = SinkStore.open(config);
      const rows = store.run(DIRTY, [generation]);
      store.close();
      return rows;
    }
    const database = new DatabaseSync(path);
    const statement = database.prepare(DIRTY);
    statement.setReturnArrays(true);
    const rows = statement.all(generation) as unknown as unknown[][];
    database.close();
    return rows;
  };

  return {
    without: {
      tables: 'A sink takes rows of any schema, and there is no table to be missing.',
      key: NO_ROWS,
      check: NO_ROWS,
      drop: NO_ROWS,
      right: 'A sink has no users.',
      kill: 'A sink has no sessions beyond those of its process, which end by their name.',
    },
    open: async () => undefined,
    close: async () => rmSync(folder, { recursive: true }),
    target: async () => {
      const table = `${where}${made++}`;
      return {
        config,
        parameters: { table },
        content: async () => sinkTotals(config, table) ?? NOTHING,
        contentOf: (rows) => {
          const encoded = encodeRows(rows);
          return totalsOf(encoded, recordOffsets(TARGET_SCHEMA, encoded));
        },
        dirty: async (generation) =>
          dirtyOf(generation).map(([split, seq, index, code]) => ({ split, seq, index, code }) as KeptDirty),
      };
    },
    connections: (target) => new SinkConnections(target.config, target.parameters),
    refused: {
      'a folder that is not there': async () => ({
        config: { file: join(folder, 'nowhere', 'sink.db') },
        parameters: { table: 't' },
        codes: ['SLUICE_TGT_DATABASE'],
      }),
      'a file that is no database': async () => {
        const file = join(folder, 'other.txt');
        if (!existsSync(file)) writeFileSync(file, 'This is some text, and no database at all.'.repeat(40));
        return { config: { file }, parameters: { table: 't' }, codes: ['SLUICE_TGT_DATABASE'] };
      },
      'a file that is no path': async () => ({
        config: { file: 7 },
        parameters: { table: 't' },
        codes: ['SLUICE_CFG_INVALID'],
      }),
    },
  };
}
