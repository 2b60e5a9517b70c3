import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BOOLEAN, ESCAPED, JsonFault, JsonScanner, NESTED, NULL, NUMBER, STRING } from './json-scanner.ts';

interface Found {
  readonly kind: number;
  readonly text: string;
}

/** The one value of a text; undefined: it is no JSON. */
function scan(text: string): Found | undefined {
  const json = new JsonScanner();
  const buffer = Buffer.from(text);
  json.begin(buffer, 0, buffer.length);
  try {
    const kind = json.value();
    const { start, end } = json;
    if (json.peek() >= 0) return undefined;
    if (kind !== ESCAPED) return { kind, text: buffer.toString('utf8', start, end) };
    const scratch = Buffer.alloc(end - start);
    return { kind, text: scratch.toString('utf8', 0, json.unescape(scratch)) };
  } catch (error) {
    if (error instanceof JsonFault) return undefined;
    throw error;
  }
}

function parsed(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

const hasLoneSurrogate = (value: unknown): boolean =>
  !JSON.stringify(value).isWellFormed() || /\\ud[89a-f]/i.test(JSON.stringify(value));

describe('JSON in bytes', () => {
  it('is what JSON.parse takes for JSON, and strings are the same', () => {
    const pieces = [
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"\\n\\u00e9"',
      '1',
      '-0.5e+3',
      '01',
      'true',
      'null',
      ' ',
      '"',
      '\\',
      'é',
    ];
    const texts = fc.oneof(
      fc.json(),
      fc.json().map((text) => text.slice(0, -1)),
      fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((parts) => parts.join('')),
      fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
    );
    let legal = 0;
    fc.assert(
      fc.property(texts, (text) => {
        if (!text.isWellFormed()) return;
        const wanted = parsed(text);
        const found = scan(text);
        if (wanted !== undefined && hasLoneSurrogate(wanted.value)) return;
        expect(found !== undefined, text).toBe(wanted !== undefined);
        if (wanted === undefined) return;
        legal++;
        const { value } = wanted;
        if (typeof value === 'string') expect(found!.text).toBe(value);
        else if (typeof value === 'object' && value !== null) expect(found!.kind).toBe(NESTED);
        else if (value === null) expect(found!.kind).toBe(NULL);
        else if (typeof value === 'boolean') expect(found!.kind).toBe(BOOLEAN);
        else expect(Number(found!.text)).toBe(value);
      }),
      { numRuns: 2000 },
    );
    expect(legal).toBeGreaterThan(500);
  });

  it('keeps every digit of a number and every byte of what is nested', () => {
    expect(scan('9007199254740993')).toEqual({ kind: NUMBER, text: '9007199254740993' });
    expect(scan('1.10e400')).toEqual({ kind: NUMBER, text: '1.10e400' });
    expect(scan(' {"b":1, "b":[ 1.0 ]} ')).toEqual({ kind: NESTED, text: '{"b":1, "b":[ 1.0 ]}' });
  });

  it('has pairs of surrogates, but no half of one', () => {
    expect(scan('"\\ud83d\\ude00"')).toEqual({ kind: ESCAPED, text: '😀' });
    for (const half of ['"\\ud83d"', '"\\ude00"', '"\\ud83d\\u0041"', '"\\ud83dx"', '"\\ud83d\\ud83d"'])
      expect(scan(half)).toBeUndefined();
    expect(scan('"x"')).toEqual({ kind: STRING, text: 'x' });
  });

  it('may be nested as deep as it likes', () => {
    const depth = 200_000;
    expect(scan('['.repeat(depth) + ']'.repeat(depth))?.kind).toBe(NESTED);
    expect(scan('{"a":'.repeat(depth))).toBeUndefined();
  });
});
