import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { Column, RowSchema } from '@sluice/model';
import { build, EVERY_KIND, type RawField, rowsOf } from '@sluice/wire/row-arbitrary';
import { describe, expect, test } from 'vitest';
import { columnType, parseCast } from '../cast-type.ts';
import { SourceRow } from '../source-row.ts';
import { groovyRemedy } from './dx-groovy.ts';
import { TransformFailure } from './dx-text.ts';
import { compileTransformer, TRANSFORMERS } from './transformer.ts';

const DROPPED = Symbol('dropped');
const KEPT = Symbol('kept');
const DIRTY = Symbol('dirty');

/** What a transformer makes of the only field of a row: its text, or what becomes of the row. */
function outcome(
  name: string,
  paras: readonly string[],
  type: string,
  raw: RawField,
  format?: 'numeric',
): unknown {
  const column: Column = {
    name: 'c',
    nullable: true,
    ...columnType(parseCast(type)!),
    ...(format === undefined ? {} : { format }),
  };
  const source: RowSchema = { name: 't', key: [], columns: [column] };
  const transform = compileTransformer({ name, column: 'c', paras }, source, new Set());
  if (typeof transform === 'string') return transform;
  const row = new SourceRow(source, build(source, [[raw]]));
  row.read();
  try {
    if (!transform(row)) return DROPPED;
    return name === 'dx_filter' ? KEPT : row.replaced[0];
  } catch (error) {
    if (error instanceof TransformFailure) return DIRTY;
    throw error;
  }
}

const text = (value: string | null): RawField => (value === null ? null : { value });

describe('dx_substr, dx_pad, dx_replace and dx_digest do what DataX does:', () => {
  test.each([
    ['dx_substr', ['2', '5'], 'dataxTest', 'taxTe'],
    ['dx_substr', ['5', '10'], 'dataxTest', 'Test'],
    ['dx_substr', ['10', '1'], 'dataxTest', DIRTY],
    ['dx_substr', ['9', '1'], 'dataxTest', ''],
    ['dx_substr', ['0', '0'], 'x', ''],
    ['dx_substr', ['0', '3'], '', ''],
    ['dx_substr', ['1', '3'], '', DIRTY],
    ['dx_substr', ['0', '3'], null, null],
    ['dx_substr', ['99', '3'], null, null],
    ['dx_substr', ['-1', '3'], 'abc', DIRTY],
    ['dx_substr', ['1', '-1'], 'abc', DIRTY],
    ['dx_substr', ['0', '2147483647'], 'abc', 'abc'],
    ['dx_substr', ['1', '1'], '🚚', DIRTY],
    ['dx_substr', ['0', '2'], '🚚x', '🚚'],
    ['dx_pad', ['l', '4', 'A'], 'xyz', 'Axyz'],
    ['dx_pad', ['r', '4', 'A'], 'xyz', 'xyzA'],
    ['dx_pad', ['L', '6', 'ab'], 'xyz', 'abaxyz'],
    ['dx_pad', ['l', '3', 'ab'], null, 'aba'],
    ['dx_pad', ['l', '2', 'A'], 'xyz', 'xy'],
    ['dx_pad', ['r', '2', 'A'], 'xyz', 'xy'],
    ['dx_pad', ['l', '0', 'A'], 'xyz', ''],
    ['dx_pad', ['x', '4', 'A'], 'xyz', DIRTY],
    ['dx_pad', ['l', '-1', 'A'], 'xyz', DIRTY],
    ['dx_replace', ['2', '4', '****'], 'dataxTest', 'da****est'],
    ['dx_replace', ['5', '10', '****'], 'dataxTest', 'datax****'],
    ['dx_replace', ['5', '4', '****'], 'dataxTest', 'datax****'],
    ['dx_replace', ['9', '1', '!'], 'dataxTest', 'dataxTest!'],
    ['dx_replace', ['10', '1', '!'], 'dataxTest', DIRTY],
    ['dx_replace', ['0', '0', '-'], 'abc', '-abc'],
    ['dx_replace', ['0', '1', 'x'], null, null],
    ['dx_digest', ['md5', 'toUpperCase'], 'xyzzzzz', '9CDFFC4FA4E45A99DB8BBCD762ACFFA2'],
    ['dx_digest', ['sha1', 'toLowerCase'], 'xyzzzzz', '58c2bd8177cbdc1bceca1adcca6e46d7f04cd6dd'],
    ['dx_digest', ['md5', 'toLowerCase'], null, 'd41d8cd98f00b204e9800998ecf8427e'],
    // The names are taken in any case, and then only these very ones mean themselves.
    ['dx_digest', ['MD5', 'TOUPPERCASE'], 'xyzzzzz', '58c2bd8177cbdc1bceca1adcca6e46d7f04cd6dd'],
    ['dx_digest', ['SHA1', 'toUpperCase'], 'xyzzzzz', '58C2BD8177CBDC1BCECA1ADCCA6E46D7F04CD6DD'],
  ] as const)('%s(%j) of %j', (name, paras, value, wanted) => {
    expect(outcome(name, paras, 'string', text(value))).toBe(wanted);
  });

  test.each([
    ['dx_substr', ['0'], 'two whole numbers'],
    ['dx_substr', ['0', 'x'], 'two whole numbers'],
    ['dx_substr', ['0', '2147483648'], 'two whole numbers'],
    ['dx_substr', ['0', '1', '2'], 'two whole numbers'],
    ['dx_pad', ['l', '3'], 'takes l or r'],
    ['dx_pad', ['l', 'three', 'x'], 'takes l or r'],
    ['dx_pad', ['l', '3', ''], 'needs a text'],
    ['dx_pad', ['l', '2000000', 'x'], 'at most'],
    ['dx_replace', ['0', '1'], 'start and length'],
    ['dx_digest', ['md4', 'toUpperCase'], 'md5 or sha1'],
    ['dx_digest', ['md5', 'upper'], 'toUpperCase or toLowerCase'],
    ['dx_filter', ['>'], 'a comparison and a value'],
    ['dx_filter', ['=>', '1'], 'knows no =>'],
    ['dx_filter', ['like', '(?=a)'], 'none of RE2'],
  ] as const)('%s(%j) is a mistake of the task', (name, paras, said) => {
    expect(outcome(name, paras, 'string', text('x'))).toContain(said);
  });
});

describe('the text of a value is that of DataX:', () => {
  test.each([
    ['long', 9007199254740993n, '9007199254740993'],
    ['int', 0, '0'],
    ['boolean', false, 'false'],
    ['double', 1.5, '1.5'],
    ['decimal(10,2)', -105n, '-1.05'],
    ['bytes', Buffer.from('é'), 'é'],
    ['date', 19753, '2024-01-31'],
    ['time', 3_723_000_001, '01:02:03'],
    ['time', 86_400_000_000, '00:00:00'],
    ['timestamp', 1_706_659_200_999_999n, '2024-01-31 00:00:00'],
    // 1420041600000 milliseconds are midnight by the clocks of GMT+8.
    ['timestamptz', 1_420_041_600_000_000n, '2015-01-01 00:00:00'],
  ])('%s %s is %s', (type, value, wanted) => {
    expect(outcome('dx_substr', ['0', '100'], type, { value })).toBe(wanted);
  });

  test('a value beyond its type keeps the text that it has', () => {
    expect(outcome('dx_substr', ['0', '100'], 'date', { text: 'infinity' })).toBe('infinity');
    expect(outcome('dx_substr', ['0', '100'], 'decimal(5,2)', { text: 'NaN' })).toBe('NaN');
  });
});

describe('dx_filter drops what matches:', () => {
  const value = (of: unknown): RawField => (of === null ? null : { value: of });
  test.each([
    ['long', 10n, '>=', '10', DROPPED],
    ['long', 10n, '>', '10', KEPT],
    ['long', 9n, '<', '10', DROPPED],
    ['long', 9007199254740993n, '=', '9007199254740992', KEPT],
    ['long', 9007199254740993n, '==', '9007199254740993', DROPPED],
    ['long', 9n, '>', '10.0', DIRTY],
    ['long', 9n, '>', 'abc', DIRTY],
    ['long', 9n, '>', '9223372036854775808', DIRTY],
    ['int', -5, '<=', '-5', DROPPED],
    ['double', 0.5, '>', '0.4', DROPPED],
    ['double', 0.5, '=', '5e-1', DROPPED],
    ['double', Number.NaN, '!=', '1', DROPPED],
    ['decimal(10,2)', 1000n, '=', '10', DROPPED],
    ['decimal(10,2)', 1000n, '>', 'x', DIRTY],
    ['string', '9', '>', '10', DROPPED],
    ['string', 'B', '<', 'a', DROPPED],
    ['string', 'abc', '=', 'abc', DROPPED],
    ['string', 'abc', '!=', 'abd', DROPPED],
    ['string', 'abc', 'like', 'a.*', DROPPED],
    ['string', 'abc', 'LIKE', 'b', KEPT],
    ['string', 'abc', 'not like', 'b', DROPPED],
    ['string', 'abc', 'not like', 'abc', KEPT],
    ['boolean', true, '=', 'true', DROPPED],
    ['boolean', true, '>', 'false', DROPPED],
    ['bytes', Buffer.from('x'), '=', 'x', DROPPED],
    // Dates are milliseconds, clock times those of GMT+8.
    ['timestamptz', 1_420_041_600_000_999n, '=', '1420041600000', DROPPED],
    ['timestamp', 1_420_070_400_000_000n, '=', '1420041600000', DROPPED],
    ['date', 16436, '=', '1420041600000', DROPPED],
    ['date', 16436, '>', '2015-01-01', DIRTY],
    ['date', 16436, 'like', '2015-.*', DROPPED],
    ['string', null, '<', 'x', KEPT],
    ['string', null, '>', 'x', KEPT],
    ['string', null, '<=', 'null', KEPT],
    ['string', null, '>=', 'x', KEPT],
    ['string', null, 'like', '.*', KEPT],
    ['string', null, 'not like', '.*', DROPPED],
    ['string', null, '=', 'x', KEPT],
    ['string', null, '=', 'NULL', DROPPED],
    ['string', null, '==', 'null', DROPPED],
    ['string', null, '!=', 'x', DROPPED],
    ['string', null, '!=', 'Null', KEPT],
    ['string', 'null', '=', 'null', DROPPED],
  ] as const)('%s %s %s %s', (type, of, sign, operand, wanted) => {
    expect(outcome('dx_filter', [sign, operand], type, value(of))).toBe(wanted);
  });

  test('compares a number that is kept as text as a number', () => {
    expect(outcome('dx_filter', ['>', '10'], 'string', { value: '9' }, 'numeric')).toBe(KEPT);
    expect(outcome('dx_filter', ['>', '10'], 'string', { value: 'NaN' }, 'numeric')).toBe(KEPT);
  });

  test('compares what an earlier transformer made as text', () => {
    const source: RowSchema = { name: 't', key: [], columns: [{ name: 'c', kind: 'long', nullable: true }] };
    const replaced = new Set<number>();
    const pad = compileTransformer({ name: 'dx_pad', column: 'c', paras: ['l', '3', '0'] }, source, replaced);
    const test = compileTransformer(
      { name: 'dx_filter', column: 'c', paras: ['=', '007'] },
      source,
      replaced,
    );
    if (typeof pad === 'string' || typeof test === 'string')
      throw new Error(`${String(pad)} ${String(test)}`);
    const row = new SourceRow(source, build(source, [[{ value: 7n }]]));
    row.read();
    expect([pad(row), test(row), row.replaced[0]]).toEqual([true, false, '007']);
  });
});

test('a transformer never throws anything but what makes its row dirty', () => {
  const paras: Readonly<Record<string, readonly string[]>> = {
    dx_substr: ['1', '3'],
    dx_pad: ['l', '3', 'x'],
    dx_replace: ['1', '2', '*'],
    dx_digest: ['md5', 'toUpperCase'],
    dx_filter: ['>', '5'],
  };
  fc.assert(
    fc.property(
      rowsOf(EVERY_KIND),
      fc.constantFrom(...Object.keys(paras)),
      fc.constantFrom(...EVERY_KIND.columns.map(({ name }) => name)),
      (raw, name, column) => {
        const transform = compileTransformer({ name, column, paras: paras[name]! }, EVERY_KIND, new Set());
        if (typeof transform === 'string') throw new Error(transform);
        const row = new SourceRow(EVERY_KIND, build(EVERY_KIND, raw));
        for (let n = 0; n < raw.length; n++) {
          row.read();
          try {
            transform(row);
          } catch (error) {
            expect(error).toBeInstanceOf(TransformFailure);
          }
        }
      },
    ),
    { numRuns: 300 },
  );
});

describe('a script in Groovy', () => {
  const columns: Column[] = ['id', 'order name'].map((name) => ({ name, kind: 'string', nullable: true }));
  test.each([
    [
      'Column c = record.getColumn(1); String s = c.asString().substring(0, 3); record.setColumn(1, new StringColumn(s)); return record;',
      '{"to":"order name","expression":"substring(row[\\"order name\\"], 0, 3)"}',
    ],
    [
      'record.setColumn(0, new StringColumn(record.getColumn(1).asString().toUpperCase()))',
      'upper(row[\\"order name\\"])',
    ],
    [
      'if (record.getColumn(0).asString().equals("x")) { return null; } return record;',
      '/filter that is true for the rows to keep: id != ...',
    ],
    ['return GroovyTransformerStaticUtil.md5(x)', 'computed columns in /mapping'],
    ['', 'computed columns in /mapping'],
  ])('%s is answered with what replaces it', (code, remedy) => {
    expect(groovyRemedy(code, columns)).toContain(remedy);
  });
});

test('the digest is that of the UTF-8 bytes', () => {
  const wanted = createHash('sha1').update('Zürich').digest('hex');
  expect(outcome('dx_digest', ['sha1', 'toLowerCase'], 'string', text('Zürich'))).toBe(wanted);
  expect(TRANSFORMERS).toContain('dx_groovy');
});
