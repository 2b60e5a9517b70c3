import { deepEqual, ok, rejects } from 'node:assert/strict';
import { decodeRows } from '@sluice/wire';
import type { Check } from './check.ts';
import type { ReadColumn } from '../reader.ts';
import type { ReaderFixture, TestSource } from './reader-fixture.ts';
import { batchesOf, planOf, readAll, readSplit, withReader } from './readings.ts';
import { sameRows } from './rows.ts';

/** What batches hold. */
export const BATCH_CHECKS: readonly Check<ReaderFixture>[] = [
  {
    id: 'limits',
    promise: 'keeps batches within their records and bytes; a record that is larger alone makes a batch',
    run: async (connector, fixture) => {
      const source = await fixture.wide();
      await withReader(connector, source, async (reader) => {
        const plan = await planOf(reader, { channels: 1 });
        const [split] = plan.splits;
        for (const maxBytes of [7000, 40_000]) {
          const limits = { maxRecords: 1000, maxBytes };
          const { batches } = await readSplit(reader, plan, split!, null, ['id'], { limits, most: 20 });
          for (const { batch } of batches)
            ok(batch.rows.length <= maxBytes, `${batch.rows.length} bytes where ${maxBytes} are allowed`);
          ok(batches[0]!.batch.rows.length > maxBytes / 2, 'a batch is less than half full');
        }
        const limits = { maxRecords: 1000, maxBytes: 100 };
        const { rows, batches } = await readSplit(reader, plan, split!, null, ['id'], { limits, most: 5 });
        deepEqual(rows, ['1', '2', '3', '4', '5']);
        deepEqual(
          batches.map(({ batch }) => batch.recordCount),
          [1, 1, 1, 1, 1],
        );
      });
    },
  },
  {
    id: 'damaged',
    promise: 'makes a dirty record, with its index and what is wrong, of what cannot be decoded, and goes on',
    needs: 'damaged',
    run: async (connector, { damaged }) => {
      const source = await damaged!();
      await withReader(connector, source, async (reader) => {
        const plan = await planOf(reader, { channels: 1 });
        const limits = { maxRecords: 4, maxBytes: 16 * 1024 * 1024 };
        const found: Record<number, string> = {};
        const rows: string[] = [];
        let at = 0;
        for (const split of plan.splits) {
          const reading = await readSplit(reader, plan, split, null, source.columns, { limits });
          rows.push(...reading.rows);
          for (const { batch } of reading.batches) {
            for (const { index, code, reason, record } of batch.dirty) {
              ok(index < batch.recordCount + batch.dirty.length, `index ${index} lies outside its batch`);
              found[at + index] = code;
              ok(reason.length > 10 && record.length > 0, 'a dirty record says too little');
              ok(record.length <= 64 * 1024, 'a dirty record is not cut');
            }
            at += batch.recordCount + batch.dirty.length;
          }
          // A position behind dirty records is as good as any other.
          for (const { position, rowsSoFar } of reading.batches) {
            if (position === null) continue;
            const rest = await readSplit(reader, plan, split, position, source.columns, { limits });
            deepEqual(rest.rows, reading.rows.slice(rowsSoFar));
          }
        }
        deepEqual(found, source.damaged);
        sameRows(rows, await source.rows());
      });
    },
  },
  {
    id: 'columns',
    promise: 'reads the columns that are wished: renamed, in another order, with constants, and no others',
    run: async (connector, { sources }) => {
      const source = await sources['a dense integer key']!();
      const columns = [
        { as: 'v', column: source.columns[1]! },
        { as: 'text', constant: "it's" },
        { as: 'nothing', constant: null },
        { as: 'half', constant: 0.5 },
        { as: 'yes', constant: true },
        { as: 'large', constant: 2 ** 40 },
        { as: 'the key', column: 'id' },
      ];
      await withReader(connector, source, async (reader) => {
        const plan = await planOf(reader, { channels: 1, columns });
        deepEqual(
          plan.schema.columns.map(({ name }) => name),
          columns.map(({ as }) => as),
        );
        deepEqual(plan.schema.key, ['the key']);
        const limits = { maxRecords: 2, maxBytes: 262_144 };
        const rows: unknown[] = [];
        for await (const batch of batchesOf(reader, plan.splits[0]!, null, { limits, columns })) {
          rows.push(...decodeRows(plan.schema, batch.rows).map((row) => row.map(plain)));
          if (rows.length >= 4) break;
        }
        deepEqual(
          rows,
          (await otherOf(source, 1, 2, 3, 4)).map((other, n) => [
            Number(other),
            "it's",
            null,
            0.5,
            true,
            2 ** 40,
            n + 1,
          ]),
        );
      });
    },
  },
  {
    id: 'hidden-key',
    promise: 'resumes by a key that is not read, and says that the rows have none',
    run: async (connector, { sources }) => {
      const source = await sources['a dense integer key']!();
      const limits = { maxRecords: 10, maxBytes: 262_144 };
      const firstTwo = async (given: TestSource, name: string, columns?: ReadColumn[]): Promise<void> =>
        withReader(connector, given, async (reader) => {
          const wish = columns === undefined ? {} : { columns };
          const plan = await planOf(reader, { channels: 1, ...wish });
          deepEqual(plan.schema.key, []);
          const options = { limits, most: 1, ...wish };
          const [split] = plan.splits;
          const first = await readSplit(reader, plan, split!, null, [name], options);
          const { position } = first.batches[0]!;
          const next = await readSplit(reader, plan, split!, position, [name], options);
          deepEqual([first.rows.at(-1), next.rows[0]], await otherOf(source, 10, 11));
        });
      const other = source.columns[1]!;
      await firstTwo(source, 'value', [{ as: 'value', column: other }]);
      // The reader's own parameter says the same where there is one.
      if ('columns' in (connector.spec.reader?.properties ?? {}))
        await firstTwo({ ...source, parameters: { ...source.parameters, columns: [other] } }, other);
    },
  },
  {
    id: 'filter',
    promise: 'reads only the rows that its filter keeps, in every split',
    needs: 'filter',
    run: async (connector, { sources, filter }) => {
      const source = await sources['a dense integer key']!();
      const parameters = { ...source.parameters, [filter!.parameter]: filter!.text };
      const { rows } = await readAll(connector, { ...source, parameters }, 2);
      const kept = (await source.rows()).filter((row) => filter!.keeps(Number(row.split('|')[0])));
      ok(kept.length > 0 && kept.length < 20_000);
      sameRows(rows, kept);
    },
  },
  {
    id: 'unsafe-filter',
    promise: 'refuses a filter that is more than one condition, before it sends anything',
    needs: 'filter',
    run: async (connector, { sources, filter }) => {
      const source = await sources['a dense integer key']!();
      for (const text of filter!.unsafe) {
        const parameters = { ...source.parameters, [filter!.parameter]: text };
        await rejects(
          readAll(connector, { ...source, parameters }, 2),
          { code: 'SLUICE_CFG_INVALID' },
          `takes the filter ${text}`,
        );
      }
    },
  },
];

/** What the other column of the dense integer key has in the rows of these ids. */
async function otherOf(source: TestSource, ...ids: readonly number[]): Promise<string[]> {
  const rows = new Map((await source.rows()).map((row) => row.split('|') as [string, string]));
  return ids.map((id) => rows.get(String(id))!);
}

const plain = (value: unknown): unknown => (typeof value === 'bigint' ? Number(value) : value);
