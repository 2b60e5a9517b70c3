import fc from 'fast-check';
import { build, EVERY_KIND as STRICT, rowsOf } from '@sluice/wire/row-arbitrary';
import { describe, expect, test } from 'vitest';
import * as whole from '../integer.ts';
import { SourceRow } from '../source-row.ts';
import { compileExpression } from './compile.ts';
import { scopeFor } from './evaluation.fixture.ts';
import { FUNCTIONS } from './functions/index.ts';
import { ExpressionError, RowFailure, type Term } from './term.ts';

/** Any of its fields can be null. */
const EVERY_KIND = { ...STRICT, columns: STRICT.columns.map((column) => ({ ...column, nullable: true })) };
const SCOPE = scopeFor(EVERY_KIND, { p: 'x' });
const COLUMNS = EVERY_KIND.columns.map(({ name }) => `row["${name}"]`);

function compiled(expression: string): Term | undefined {
  try {
    return compileExpression(expression, SCOPE);
  } catch (error) {
    // Whatever is wrong has a place in the text.
    expect(error).toBeInstanceOf(ExpressionError);
    const { start, end } = error as ExpressionError;
    expect(start >= 0 && start <= end).toBe(true);
    return undefined;
  }
}

/** Expressions of any form over the columns of every kind, most of them with types that do not fit. */
const EXPRESSION: fc.Arbitrary<string> = fc.letrec<{ any: string }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(
      ...COLUMNS,
      '1',
      '0',
      '-1.5',
      "'x'",
      "''",
      'null',
      'true',
      "b'a'",
      '${p}',
      "'2024-01-31'",
    ),
    fc
      .tuple(tie('any'), fc.constantFrom(...'+-*/%<>'.split(''), '==', '!=', '&&', '||'), tie('any'))
      .map((parts) => `(${parts.join(' ')})`),
    fc.tuple(tie('any'), tie('any'), tie('any')).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
    fc.tuple(tie('any'), tie('any')).map(([a, b]) => `(${a} in [${b}, null])`),
    fc.tuple(fc.constantFrom('!', '-'), tie('any')).map((parts) => parts.join('')),
    fc
      .tuple(fc.constantFrom(...Object.keys(FUNCTIONS)), fc.array(tie('any'), { maxLength: 3 }))
      .map(([name, args]) => `${name}(${args.join(', ')})`),
  ),
})).any;

describe('any expression', () => {
  test('over any row is refused with its place, gives a value, or fails as a row', () => {
    let values = 0;
    fc.assert(
      fc.property(EXPRESSION, rowsOf(EVERY_KIND), (expression, raw) => {
        const term = compiled(expression);
        if (term === undefined) return;
        const row = new SourceRow(EVERY_KIND, build(EVERY_KIND, raw));
        for (let n = 0; n < raw.length; n++) {
          row.read();
          try {
            const value = term.evaluate(row);
            if (!term.nullable) expect(value).not.toBeNull();
            if (value !== null) values++;
            expect(term.evaluate(row)).toEqual(value);
          } catch (error) {
            if (!(error instanceof RowFailure)) throw new Error(expression, { cause: error });
          }
        }
      }),
      { numRuns: 3000 },
    );
    expect(values).toBeGreaterThan(500);
  });

  test('of any signs is refused or not, and nothing else', () => {
    const signs = fc.constantFrom(
      'a',
      '"',
      "'",
      '(',
      ')',
      '[',
      ']',
      '{',
      '}',
      '${',
      '\\',
      '.',
      ',',
      '?',
      ':',
      '!',
      '-',
      '&&',
      '0x',
      '1e',
      'é',
      '\n',
      '//',
      'r"',
      "b'",
      ' in ',
      '\u0000',
      '\ud800',
    );
    fc.assert(
      fc.property(fc.array(signs, { maxLength: 20 }), (parts) => void compiled(parts.join(''))),
      { numRuns: 2000 },
    );
  });
});

describe('whole numbers of any size', () => {
  const any = fc.oneof(
    fc.integer().map(BigInt),
    fc.constantFrom(
      0n,
      2n ** 53n,
      2n ** 53n - 1n,
      -(2n ** 53n),
      1n - 2n ** 53n,
      2n ** 63n - 1n,
      -(2n ** 63n),
    ),
    fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }),
  );
  const both = (a: bigint, b: bigint): [whole.Integer, whole.Integer] => [whole.integer(a), whole.integer(b)];
  const is = (found: whole.Integer, wanted: bigint): void => {
    expect(found).toBe(whole.integer(wanted));
    expect(Object.is(found, -0)).toBe(false);
    expect(typeof found === 'number').toBe(wanted >= -(2n ** 53n) + 1n && wanted <= 2n ** 53n - 1n);
  };

  test('are added, subtracted and multiplied as bigints are', () =>
    fc.assert(
      fc.property(any, any, (a, b) => {
        const [x, y] = both(a, b);
        is(whole.add(x, y), a + b);
        is(whole.subtract(x, y), a - b);
        is(whole.multiply(x, y), a * b);
        is(whole.negate(x), -a);
        expect(x < y).toBe(a < b);
        expect(x === y).toBe(a === b);
      }),
    ));

  test('are divided as bigints are, and rounded by a half away from zero', () =>
    fc.assert(
      fc.property(
        any,
        any.filter((b) => b !== 0n),
        (a, b) => {
          const [x, y] = both(a, b);
          is(whole.quotient(x, y), a / b);
          is(whole.remainder(x, y), a % b);
          const size = b < 0n ? -b : b;
          is(whole.floorQuotient(x, whole.integer(size)), (a - (((a % size) + size) % size)) / size);
          const [up, down] = [a < 0n ? -a : a, size];
          const rounded = (up * 2n + down) / (down * 2n);
          is(whole.roundedQuotient(x, y), a < 0n === b < 0n ? rounded : -rounded);
        },
      ),
    ));

  test('come out of their two halves', () =>
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const high = Number(BigInt.asIntN(32, value >> 32n));
        is(whole.integerOf(high, Number(BigInt.asUintN(32, value))), value);
      }),
    ));
});
