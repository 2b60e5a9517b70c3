import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dialectOf } from './dialect.ts';
import { CsvScanner } from './record-scanner.ts';

interface Scanned {
  readonly records: string[][];
  readonly fault: string | undefined;
}

/** All records of a text up to the first that is none. */
function scanAll(text: Buffer, parameters: Record<string, unknown> = {}): Scanned {
  const scanner = new CsvScanner(dialectOf(parameters));
  const records: string[][] = [];
  for (let at = 0; at < text.length;) {
    at = scanner.scan(text, at, text.length, true);
    if (scanner.fault !== undefined) return { records, fault: scanner.fault };
    if (scanner.isBlank) continue;
    records.push(Array.from({ length: scanner.count }, (_, i) => scanner.text(text, i)));
  }
  return { records, fault: undefined };
}

/** Texts in which everything that means something is frequent. */
const anyText = fc
  .array(fc.constantFrom('a', 'é', ',', '"', '""', '\n', '\r\n', ' ', '\\', ';', '||', '|'), {
    maxLength: 40,
  })
  .map((parts) => parts.join(''));

describe('the fields of a record', () => {
  it('are those that another parser finds, wherever that one finds any', () => {
    let compared = 0;
    fc.assert(
      fc.property(anyText, fc.constantFrom(',', ';', '||'), (text, delimiter) => {
        let expected: string[][];
        try {
          expected = parse(text, { delimiter, relax_column_count: true, record_delimiter: ['\r\n', '\n'] });
        } catch {
          return;
        }
        // It counts empty lines as records of one empty field.
        const wanted = expected.filter(
          (record) => record.length > 1 || record[0] !== '' || text.includes('""'),
        );
        const { records, fault } = scanAll(Buffer.from(text), { delimiter });
        if (wanted.some((record) => record.length === 1 && record[0] === '')) return;
        compared++;
        expect(fault).toBeUndefined();
        expect(records).toEqual(wanted);
      }),
      { numRuns: 3000 },
    );
    expect(compared).toBeGreaterThan(500);
  });

  it('are the same however the text comes in: what is not whole yet is no record', () => {
    fc.assert(
      fc.property(
        anyText,
        fc.constantFrom<Record<string, unknown>>(
          {},
          { delimiter: '||' },
          { quote: '', escape: '\\' },
          { quote: '"', escape: '\\' },
        ),
        (text, parameters) => {
          const bytes = Buffer.from(text);
          const whole = new CsvScanner(dialectOf(parameters));
          const part = new CsvScanner(dialectOf(parameters));
          for (let at = 0; at < bytes.length;) {
            const next = whole.scan(bytes, at, bytes.length, true);
            const texts = Array.from({ length: whole.count }, (_, i) => whole.text(bytes, i));
            for (let cut = at; cut <= bytes.length; cut++) {
              // Bytes behind the cut are not there yet: they must not be looked at.
              const seen = Buffer.concat([bytes.subarray(0, cut), Buffer.from('"",\n'.repeat(3))]);
              const found = part.scan(seen, at, cut, false);
              if (found < 0) continue;
              expect(found).toBe(next);
              expect(part.fault).toBe(whole.fault);
              if (whole.fault === undefined)
                expect(Array.from({ length: part.count }, (_, i) => part.text(seen, i))).toEqual(texts);
            }
            expect(next).toBeGreaterThan(at);
            at = next;
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  it.each([
    [
      'a,b\r\nc,d',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      'a,b\rc,d\n',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['"a\r\nb",c\n', [['a\r\nb', 'c']]],
    ['5" pipe,"6"" pipe"\n', [['5" pipe', '6" pipe']]],
    [
      'a,\n,\n',
      [
        ['a', ''],
        ['', ''],
      ],
    ],
    ['\n\n a \n\n', [[' a ']]],
    ['a\0b,\x1a\n', [['a\0b', '\x1a']]],
  ])('of %j', (text, wanted) => {
    expect(scanAll(Buffer.from(text))).toEqual({ records: wanted, fault: undefined });
  });

  it.each([
    ['"a', 'a quote is opened and never closed'],
    ['"a"b,c\n', 'something follows a closing quote'],
    ['"a" ,c\n', 'something follows a closing quote'],
  ])('cannot be told of %j', (text, fault) => {
    expect(scanAll(Buffer.from(text)).fault).toBe(fault);
  });
});
