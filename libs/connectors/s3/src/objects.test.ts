import type { Parameters, Reader } from '@sluice/connector-sdk';
import type { ReadPlan } from '@sluice/model';
import { has } from '@sluice/testkit';
import { decodeRows } from '@sluice/wire';
import { beforeAll, describe, expect, it } from 'vitest';
import { type TestBucket, testBucket } from './bucket.fixture.ts';
import { connector } from './index.ts';

const LIMITS = { maxRecords: 100_000, maxBytes: 64 * 1024 * 1024 };

let bucket: TestBucket;

async function rowsOf(reader: Reader, plan: ReadPlan): Promise<readonly unknown[][]> {
  const rows: unknown[][] = [];
  for (const split of plan.splits)
    for await (const batch of reader.read(split, null, {
      limits: LIMITS,
      signal: new AbortController().signal,
    }))
      rows.push(...(decodeRows(plan.schema, batch.rows) as unknown[][]));
  return rows;
}

async function reading<T>(parameters: Parameters, body: (reader: Reader) => Promise<T>): Promise<T> {
  const reader = await connector.openReader!(bucket.config, parameters);
  return body(reader).finally(() => reader.close());
}

describe.skipIf(!has('s3'))('objects of a bucket', () => {
  beforeAll(async () => {
    bucket = await testBucket();
  });

  it('are found by patterns over folders and over pages of the list, in the order of their keys, and no hidden ones', async () => {
    const keys = Array.from({ length: 1050 }, (_, n) => `many/${n % 7}/${n}.csv`);
    for (let at = 0; at < keys.length; at += 50)
      await Promise.all(keys.slice(at, at + 50).map((key) => bucket.put(key, Buffer.from(`n\n${key}\n`))));
    for (const key of ['many/.hidden/1.csv', 'many/0/.1.csv', 'many/0/1.txt', 'other/1.csv'])
      await bucket.put(key, Buffer.from('n\nno\n'));
    const found = (path: string): Promise<unknown[]> =>
      reading({ path }, async (reader) => (await rowsOf(reader, await reader.plan({ channels: 1 }))).flat());
    expect(await found('many/**/*.csv')).toEqual(keys.toSorted());
    expect(await found('many/[0-2]/1{00,01}?.csv')).toEqual(
      keys.filter((key) => /^many\/[0-2]\/10[01].\.csv$/.test(key)).toSorted(),
    );
  });

  it.each([
    ['replaced', async () => bucket.put('changing.csv', Buffer.from('n\n3\n'))],
    ['removed', async () => bucket.remove('changing.csv')],
  ])('that are %s after the run was planned fail it with a code', async (_, change) => {
    await bucket.put('changing.csv', Buffer.from('n\n1\n2\n'));
    await reading({ path: 'changing.csv' }, async (reader) => {
      const plan = await reader.plan({ channels: 1 });
      await change();
      await expect(rowsOf(reader, plan)).rejects.toMatchObject({
        code: expect.stringMatching(/^SLUICE_SRC_(CHANGED|FILE)$/),
      });
    });
  });

  it('that are replaced while they are read give no mix of two versions', async () => {
    const lines = (digit: string): Buffer => Buffer.from(`n\n${`${digit.repeat(99)}\n`.repeat(40_000)}`);
    await bucket.put('large.csv', lines('1'));
    await reading({ path: 'large.csv' }, async (reader) => {
      const plan = await reader.plan({ channels: 1 });
      const limits = { maxRecords: 1000, maxBytes: 1024 * 1024 };
      const read = async (): Promise<void> => {
        const signal = new AbortController().signal;
        for await (const batch of reader.read(plan.splits[0]!, null, { limits, signal })) {
          expect(batch.rows.includes('2')).toBe(false);
          await bucket.put('large.csv', lines('2'));
        }
      };
      await expect(read()).rejects.toMatchObject({ code: 'SLUICE_SRC_CHANGED' });
    });
  });
});
