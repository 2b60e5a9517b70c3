import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Reading, readFiles, testRoot, writeEncoded, writeFiles } from '@sluice/file-kit/fixture';
import type { RowSchema } from '@sluice/model';
import { decodeRows, type RowValue } from '@sluice/wire';
import { build, EVERY_KIND, type RawField, rowsOf } from '@sluice/wire/row-arbitrary';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { connector } from './index.ts';
import { jsonlFormat } from './writer-format.ts';

const root = testRoot();
let n = 0;

function file(content: string | Buffer, name = `file-${n++}.jsonl`): string {
  mkdirSync(dirname(join(root, name)), { recursive: true });
  writeFileSync(join(root, name), content);
  return name;
}

const valuesOf = ({ plan, rows }: Reading): RowValue[][] => decodeRows(plan.schema, rows);
const KNOWN = new Set(['decimal NaN', 'date infinity', 'timestamp infinity', 'timestamptz infinity']);

describe('rows that were written as JSON lines', () => {
  for (const parameters of [{}, { binary: 'base64', compression: 'zstd' }])
    it(`are the same when they are read: ${JSON.stringify(parameters)}`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(rowsOf(EVERY_KIND), { maxLength: 3 }), async (given) => {
          const batches = given
            .map((rows) =>
              rows.map((row) =>
                row.map((raw, i): RawField =>
                  raw !== null && 'text' in raw && !KNOWN.has(`${EVERY_KIND.columns[i]!.kind} ${raw.text}`)
                    ? null
                    : raw === null && EVERY_KIND.columns[i]!.nullable === false
                      ? { value: 0n }
                      : raw,
                ),
              ),
            )
            .filter((rows) => rows.length > 0)
            .map((rows) => ({ rows: build(EVERY_KIND, rows), count: rows.length }));
          const path = `round-${n++}.jsonl`;
          await writeEncoded(join(root, path), jsonlFormat({ path, ...parameters }, EVERY_KIND), batches);
          const types = Object.fromEntries(
            EVERY_KIND.columns.map(({ name, kind, format, precision, scale }) => [
              name,
              kind === 'decimal' ? `decimal(${precision},${scale})` : (format ?? kind),
            ]),
          );
          const columns = EVERY_KIND.columns.map(({ name }) => name);
          const { binary } = parameters as { binary?: string };
          const reading = await readFiles(connector, root, {
            path,
            columns,
            types,
            ...(binary === undefined ? {} : { binary }),
          });
          const wanted = Buffer.concat(batches.map(({ rows }) => rows));
          expect(reading.dirty).toEqual([]);
          expect(decodeRows(EVERY_KIND, reading.rows)).toEqual(decodeRows(EVERY_KIND, wanted));
        }),
        { numRuns: 30 },
      );
    });

  it('have columns of JSON as texts, byte by byte, or nested for other programs', async () => {
    const schema: RowSchema = {
      name: 't',
      key: [],
      columns: [{ name: 'j', kind: 'string', format: 'json', nullable: true }],
    };
    const texts = [
      '{"a": 1.0,\n "b":2}',
      '[1,9007199254740993]',
      'null',
      '"x"',
      '5',
      '{broken',
      '{"a":"é☕"}',
    ];
    const rows = [null, ...texts];
    const all = [
      {
        rows: build(
          schema,
          rows.map((value) => [value === null ? null : { value }]),
        ),
        count: rows.length,
      },
    ];
    for (const json of ['text', 'nested']) {
      const path = `json-${json}.jsonl`;
      await writeFiles(connector, root, { path, json }, schema, [all]);
      const reading = await readFiles(connector, root, { path, types: { j: 'json' } });
      expect(valuesOf(reading).flat()).toEqual(rows);
    }
    const lines = readFileSync(join(root, 'json-nested.jsonl'), 'utf8').trim().split('\n');
    expect(lines.slice(0, 4)).toEqual([
      '{"j":null}',
      '{"j":"{\\"a\\": 1.0,\\n \\"b\\":2}"}',
      '{"j":[1,9007199254740993]}',
      '{"j":"null"}',
    ]);
  });
});

describe('JSON lines', () => {
  it('have their keys as columns, in any order; what is missing is null; types are as declared', async () => {
    const content =
      '{"id":1,"s":"a"}\r\n\n {"s":"\\u00e9","id":9007199254740993} \n{"x":true,"n":{"a":[1, 2]}}';
    const reading = await readFiles(connector, root, {
      path: file(content),
      types: { id: 'long', x: 'boolean' },
    });
    expect(reading.plan.schema.columns.map(({ name }) => name)).toEqual(['id', 's', 'x', 'n']);
    expect(valuesOf(reading)).toEqual([
      [1n, 'a', null, null],
      [9007199254740993n, 'é', null, null],
      [null, null, true, '{"a":[1, 2]}'],
    ]);
  });

  it('of which one is bad go on with the others, and it is named with its file and line', async () => {
    const lines = [
      '{"id":1}',
      'bad',
      '{"id":2',
      '{"id":3,"id":4}',
      '{"id":"x"}',
      '{"id":5,"new":1}',
      '[6]',
      '{"id":7} x',
      '{"id":1.5}',
      '{"id":"\\ud800"}',
      '{"id":8}',
    ];
    const path = file(lines.join('\n'));
    const declared = await readFiles(connector, root, { path, types: { id: 'int' } });
    expect(valuesOf(declared).map(([id]) => id)).toEqual([1, 5, 8]);
    expect(declared.dirty.map(({ reason }) => reason)).toEqual([
      `${path} line 2: the line is no object.`,
      `${path} line 3: there is no } where one is wanted.`,
      `${path} line 4: the key id is there twice.`,
      `${path} line 5: the value of id is not of type int.`,
      `${path} line 7: the line is no object.`,
      `${path} line 8: something follows the object.`,
      `${path} line 9: the value of id is not of type int.`,
      `${path} line 10: a string has half a surrogate pair, which is no character.`,
    ]);
  });

  it('with a key that the first records do not have are dirty, unless the columns were named', async () => {
    const content = `${'{"id":1}\n'.repeat(1000)}{"id":2,"late":3}\n`;
    const found = await readFiles(connector, root, { path: file(content) });
    expect([found.count, found.dirty.length]).toEqual([1000, 1]);
    expect(found.dirty[0]!.reason).toContain('line 1001: the key late is no column');
    const named = await readFiles(connector, root, { path: file(content), columns: ['id'] });
    expect([named.count, named.dirty.length]).toEqual([1001, 0]);
  });

  it('are read from any place where a batch ended', async () => {
    const content = Array.from({ length: 300 }, (_, i) =>
      i % 40 === 3 ? '{' : `{"id":${i},"s":"${'x'.repeat(i % 50)}"}`,
    );
    const path = file(content.join('\n'));
    const limits = { maxRecords: 23, maxBytes: 262_144 };
    const whole = await readFiles(connector, root, { path }, { limits });
    expect(whole.count + whole.dirty.length).toBe(300);
    for (const { split, position, bytes } of whole.positions) {
      const rest = await readFiles(
        connector,
        root,
        { path },
        { plan: whole.plan, from: { split, position }, limits },
      );
      expect(rest.rows.equals(whole.rows.subarray(bytes))).toBe(true);
    }
  });

  it.each([
    ['', {}, 'SLUICE_SRC_FILE'],
    ['1\n', {}, 'SLUICE_SRC_FILE'],
    ['{"a":1}\n', { types: { b: 'int' } }, 'SLUICE_SRC_COLUMN'],
    ['{"a":1}\n', { columns: ['a', 'a'] }, 'SLUICE_CFG_INVALID'],
  ])('%j with %j are refused', async (content, parameters, code) => {
    await expect(readFiles(connector, root, { path: file(content), ...parameters })).rejects.toMatchObject({
      code,
    });
  });
});
