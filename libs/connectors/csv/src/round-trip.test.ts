import { readFiles, testRoot, writeEncoded, writeFiles } from '@sluice/file-kit/fixture';
import type { RowSchema } from '@sluice/model';
import { build, EVERY_KIND, type RawField, rowsOf } from '@sluice/wire/row-arbitrary';
import { decodeRows } from '@sluice/wire';
import fc from 'fast-check';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connector } from './index.ts';
import { csvFormat } from './writer-format.ts';

/** Escape texts that a file can hold as a value of the kind again; others are texts to whoever reads them. */
const KNOWN_ESCAPES: Readonly<Record<string, ReadonlySet<string>>> = {
  decimal: new Set(['NaN']),
  date: new Set(['infinity']),
  timestamp: new Set(['infinity']),
  timestamptz: new Set(['infinity']),
};

function readable(schema: RowSchema, rows: readonly RawField[][]): RawField[][] {
  return rows.map((row) =>
    row.map((raw, i) => {
      if (raw === null) return schema.columns[i]!.nullable ? null : { value: 0n };
      if (!('text' in raw)) return raw;
      return KNOWN_ESCAPES[schema.columns[i]!.kind]?.has(raw.text) === true ? raw : null;
    }),
  );
}

/** Types as the reader's parameters name them. */
function typesOf(schema: RowSchema): Record<string, string> {
  return Object.fromEntries(
    schema.columns.map(({ name, kind, format, precision, scale }) => [
      name,
      kind === 'decimal' ? `decimal(${precision},${scale})` : (format ?? kind),
    ]),
  );
}

const DIALECTS: readonly Record<string, unknown>[] = [
  {},
  { delimiter: '\\t', nullText: '\\N', lineEnd: 'crlf' },
  { delimiter: '||', quoteAll: true, nullText: 'NULL' },
  { delimiter: '-', quote: "'", escape: '\\' },
  { delimiter: '1', nullText: '0' },
  { quote: '', escape: '\\', nullText: '\\N' },
  { binary: 'base64', compression: 'gzip', byteOrderMark: true },
  { compression: 'zstd', header: false },
];

describe('rows that were written to CSV', () => {
  for (const dialect of DIALECTS)
    it(`are the same when they are read: ${JSON.stringify(dialect)}`, async () => {
      const root = testRoot();
      let n = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(rowsOf(EVERY_KIND), { maxLength: 3 }), async (given) => {
          const batches = given.map((rows) => readable(EVERY_KIND, rows)).filter((rows) => rows.length > 0);
          const encoded = batches.map((rows) => ({ rows: build(EVERY_KIND, rows), count: rows.length }));
          const path = `${n++}.csv`;
          await writeEncoded(join(root, path), csvFormat({ path, ...dialect }, EVERY_KIND), encoded);
          const { delimiter, quote, escape, nullText, header, binary } = dialect;
          const shared = Object.fromEntries(
            Object.entries({ delimiter, quote, escape, nullText, header, binary }).filter(
              ([, value]) => value !== undefined,
            ),
          );
          const columns = EVERY_KIND.columns.map(({ name }) => name);
          const reading = await readFiles(connector, root, {
            path,
            ...shared,
            columns,
            types: typesOf(EVERY_KIND),
          });
          const wanted = Buffer.concat(encoded.map(({ rows }) => rows));
          expect(reading.dirty).toEqual([]);
          expect(decodeRows(EVERY_KIND, reading.rows)).toEqual(decodeRows(EVERY_KIND, wanted));
          expect(reading.rows.equals(wanted)).toBe(true);
        }),
        { numRuns: 30 },
      );
    });

  it('tell null, the empty text and the text for null apart, in one column and in several', async () => {
    const root = testRoot();
    const cells = [null, '', 'NULL', '\\N', '"', '""', 'a\nb', 'a\r\nb', '\r', ' x ', '\ufeff', ',', "'"];
    for (const width of [1, 2]) {
      const schema: RowSchema = {
        name: 't',
        key: [],
        columns: Array.from({ length: width }, (_, i) => ({ name: `c${i}`, kind: 'string', nullable: true })),
      };
      const raw = cells.map((value): RawField[] =>
        Array.from({ length: width }, () => (value === null ? null : { value })),
      );
      for (const dialect of [{}, { nullText: 'NULL' }, { nullText: '\\N', delimiter: '\\t' }]) {
        const path = `null-${width}-${JSON.stringify(dialect).length}.csv`;
        const rows = [{ rows: build(schema, raw), count: raw.length }];
        await writeFiles(connector, root, { path, ...dialect, existing: 'truncate' }, schema, [rows]);
        const reading = await readFiles(connector, root, { path, ...dialect });
        expect(decodeRows(schema, reading.rows)).toEqual(
          cells.map((value) => Array.from({ length: width }, () => value)),
        );
      }
    }
  });
});
