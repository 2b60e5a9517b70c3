import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RowSchema } from '@sluice/model';
import { build, EVERY_KIND, type RawField, rowsOf } from '../test/row-arbitrary.ts';
import { dateText, decodeRows, floatText, rowsToJson, timestampText, timeText } from './index.ts';

function one(kind: RowSchema['columns'][number]['kind'], scale?: number): RowSchema {
  const column = { name: 'c', kind, nullable: true, ...(scale === undefined ? {} : { scale }) };
  return { name: 't', key: [], columns: [column] };
}

describe('rows as values', () => {
  test('have a value for every field of every row', () => {
    fc.assert(
      fc.property(rowsOf(EVERY_KIND), (raw) => {
        const decoded = decodeRows(EVERY_KIND, build(EVERY_KIND, raw));
        expect(decoded.length).toBe(raw.length);
        decoded.forEach((row, at) =>
          row.forEach((value, index) => expect(value === null).toBe(raw[at]![index] === null)),
        );
        decoded.forEach((row, at) => {
          for (const index of [0, 1, 2, 3, 4, 6, 7]) {
            const field = raw[at]![index]!;
            if (field !== null && 'value' in field) expect(row[index]).toEqual(field.value);
          }
        });
      }),
      { numRuns: 100 },
    );
  });

  test.each([
    ['decimal', 2, -1n, '-0.01'],
    ['decimal', 0, 12345678901234567890123n, '12345678901234567890123'],
    ['decimal', 3, 0n, '0.000'],
    ['date', 0, 0, '1970-01-01'],
    ['date', 0, -719528, '0000-01-01'],
    ['date', 0, -719529, '-0001-12-31'],
    ['date', 0, 2932897, '+10000-01-01'],
    ['date', 0, 11016, '2000-02-29'],
    ['time', 0, 86_400_000_000, '24:00:00'],
    ['time', 0, 1, '00:00:00.000001'],
    ['timestamp', 0, -1n, '1969-12-31T23:59:59.999999'],
    ['timestamp', 0, -(2n ** 63n), '-290308-12-21T19:59:05.224192'],
    ['timestamptz', 0, 1_700_000_000_500_000n, '2023-11-14T22:13:20.5Z'],
    ['long', 0, 2n ** 63n - 1n, 2n ** 63n - 1n],
  ] as const)('%s %s %s is %s', (kind, scale, value, expected) => {
    const schema = one(kind, scale);
    expect(decodeRows(schema, build(schema, [[{ value }]]))).toEqual([[expected]]);
  });

  test('dates agree with the calendar of the platform over its whole range', () => {
    fc.assert(
      fc.property(fc.integer({ min: -719528, max: 2932896 }), (days) => {
        expect(dateText(days)).toBe(new Date(days * 86_400_000).toISOString().slice(0, 10));
      }),
    );
    expect(timeText(86_399_999_999)).toBe('23:59:59.999999');
    expect(timestampText(253402300799999999n)).toBe('9999-12-31T23:59:59.999999');
  });

  test('the text of a float is the shortest that reads back as it', () => {
    expect([0.1, 16777216, 3.4028234663852886e38, -0, 1e-45].map((x) => floatText(Math.fround(x)))).toEqual([
      '0.1',
      '16777216',
      '3.4028235e+38',
      '-0',
      '1.4013e-45',
    ]);
    fc.assert(fc.property(fc.float(), (x) => Object.is(Math.fround(Number(floatText(x))), x)));
  });

  test('cut or wrong rows are refused, never read beyond their end', () => {
    const rows = build(EVERY_KIND, [EVERY_KIND.columns.map((): RawField => null)]);
    const refusal = expect.objectContaining({ code: 'SLUICE_BUS_UNDECODABLE' });
    for (let length = 1; length < rows.length; length++)
      expect(() => decodeRows(EVERY_KIND, rows.subarray(0, length))).toThrowError(refusal);
    expect(() => decodeRows(one('int'), Buffer.from([4, 2]))).toThrowError(refusal);
    expect(() => decodeRows(one('boolean'), Buffer.from([2, 2]))).toThrowError(refusal);
    expect(() => decodeRows(one('string'), Buffer.from([2, 40, 0x61]))).toThrowError(refusal);
    expect(() => decodeRows({ name: 't', key: [], columns: [] }, Buffer.from([0]))).toThrowError(refusal);
  });
});

describe('rows as JSON', () => {
  test('carry what a JSON number cannot hold as text', () => {
    const schema: RowSchema = {
      name: 't',
      key: [],
      columns: [
        { name: '__proto__', kind: 'long', nullable: true },
        { name: 'n', kind: 'double', nullable: true },
        { name: 'f', kind: 'float', nullable: true },
        { name: 'b', kind: 'bytes', nullable: true },
        { name: 'd', kind: 'decimal', precision: 20, scale: 2, nullable: true },
      ],
    };
    const rows = build(schema, [
      [
        { value: 2n ** 53n },
        { value: -0 },
        { value: Math.fround(0.1) },
        { value: Buffer.from([1, 2]) },
        { text: 'NaN' },
      ],
      [{ value: 5n }, { value: Number.NaN }, null, null, { value: 1n }],
    ]);
    expect(JSON.stringify(rowsToJson(schema, rows))).toBe(
      '[{"__proto__":"9007199254740992","n":"-0","f":0.1,"b":"AQI=","d":"NaN"},' +
        '{"__proto__":5,"n":"NaN","f":null,"b":null,"d":"0.01"}]',
    );
  });
});
