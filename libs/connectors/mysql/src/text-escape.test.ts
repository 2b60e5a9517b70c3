import { RowBatchBuilder } from '@sluice/connector-sdk';
import type { RowSchema } from '@sluice/model';
import { has, testMariadb } from '@sluice/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase, type TestDatabase, writeBatches, writePlan } from './copy.fixture.ts';
import { connector } from './index.ts';

const SCHEMA: RowSchema = {
  name: 't',
  key: [],
  columns: [
    { name: 'id', kind: 'int', nullable: false },
    { name: 's', kind: 'string', nullable: true },
    { name: 'b', kind: 'bytes', nullable: true },
    { name: 'd', kind: 'decimal', precision: 30, scale: 10, nullable: true },
    { name: 'l', kind: 'long', nullable: true },
  ],
};

/** Characters that mean something to the server's line and literal formats. */
const nasty = fc.string({
  unit: fc.oneof(
    fc.constantFrom('\\', "'", '"', '\t', '\n', '\r', '\0', '\x1a', 'N', '%', '`', ',', ')'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
  maxLength: 120,
});

describe.skipIf(!has('mariadb'))('values on their way to the server', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await openDatabase(await testMariadb());
    await db.run(
      'create table t (id int primary key, s longtext, b longblob, d decimal(30,10), l bigint) engine = InnoDB default character set utf8mb4',
    );
  });
  afterAll(() => db.close());

  it.each([500, 1])('arrive exactly, %i records a batch', async (batchSize) => {
    const row = fc.record({
      s: fc.option(nasty.map((text) => text.toWellFormed())),
      b: fc.option(fc.uint8Array({ maxLength: 80 })),
      d: fc.option(fc.bigInt({ min: -(10n ** 30n) + 1n, max: 10n ** 30n - 1n })),
      l: fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
    });
    const rows = fc.sample(row, { numRuns: batchSize === 1 ? 60 : 500, seed: 42 });
    const builder = new RowBatchBuilder();
    const batches: Buffer[] = [];
    rows.forEach(({ s, b, d, l }, id) => {
      builder.int(id);
      if (s === null) builder.nul();
      else builder.string(s);
      if (b === null) builder.nul();
      else builder.bytes(Buffer.from(b), 0, b.length);
      if (d === null) builder.nul();
      else builder.decimal(d);
      if (l === null) builder.nul();
      else builder.longBigint(l);
      builder.endRow();
      if ((id + 1) % batchSize === 0) batches.push(builder.take().rows);
    });
    const writer = await connector.openWriter!(db.config, { table: 't' });
    const splits = [{ ordinal: 0, range: null, label: '', resumable: false }];
    const plan = writePlan({ splits, schema: SCHEMA }, { truncateFirst: true });
    await writer.prepare(plan);
    const { dirty } = await writeBatches(writer, plan, async function* () {
      for (const bytes of batches) yield { rows: bytes, recordCount: batchSize, dirty: [], position: null };
    });
    expect(dirty).toEqual([]);
    const stored = await db.run('select hex(s), hex(b), d, l from t order by id');
    const hex = (bytes: Uint8Array | string): string =>
      Buffer.from(bytes as string)
        .toString('hex')
        .toUpperCase();
    const decimal = (value: bigint): string => {
      const digits = (value < 0n ? -value : value).toString().padStart(11, '0');
      return `${value < 0n ? '-' : ''}${digits.slice(0, -10)}.${digits.slice(-10)}`;
    };
    expect(stored).toEqual(
      rows.map(({ s, b, d, l }) => [
        s === null ? null : hex(s),
        b === null ? null : hex(b),
        d === null ? null : decimal(d),
        l === null ? null : l.toString(),
      ]),
    );
  });
});
