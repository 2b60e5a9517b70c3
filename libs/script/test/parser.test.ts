import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exportScript, importScript, type Json, nodeAt, parseText, toJson } from '../src/index.ts';
import { pointerOf, walk } from '../src/syntax/node.ts';
import { SAMPLES } from './samples.ts';
import { PINNED, sample } from './surroundings.ts';

const value = (text: string): unknown => {
  const { root } = parseText(text);
  return root === undefined ? undefined : toJson(root);
};
const codes = (text: string): string[] => parseText(text).problems.map(({ code }) => code);
const at = (text: string): string[] =>
  parseText(text).problems.map(({ line, column, code, pointer }) => `${line}:${column} ${code} ${pointer}`);

/** Values that JSON can hold, without keys that no document may use. */
const json = fc
  .jsonValue({ maxDepth: 5 })
  .map((found) => JSON.parse(JSON.stringify(found).replaceAll('__proto__', 'proto')) as Json);

describe('JSON', () => {
  it('is read as JSON.parse reads it, with nothing to say about it', () => {
    fc.assert(
      fc.property(json, fc.constantFrom(undefined, 2, '\t'), (wanted, space) => {
        // A top that is neither object nor list is no script, and may look like YAML.
        const text = JSON.stringify([wanted], undefined, space);
        expect(value(text)).toEqual(JSON.parse(text));
        expect(codes(text)).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it('keeps for every node the place where it stands', () => {
    fc.assert(
      fc.property(json, (wanted) => {
        const text = JSON.stringify({ wanted }, undefined, 2);
        const { root, source } = parseText(text);
        for (const { node, path, member } of walk(root!)) {
          expect(JSON.parse(text.slice(node.start, node.end))).toEqual(toJson(node));
          expect(nodeAt(root!, pointerOf(path)).isExact).toBe(true);
          if (member === undefined) continue;
          const { line, column } = source.placeAt(member.start);
          expect(text.split('\n')[line - 1]!.slice(column - 1)).toMatch(/^"/);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('is taken with comments, trailing commas, blanks of any width and other quotes', () => {
    expect(
      value(
        `\uFEFF// one\n{ /* two */ "a": 1, # three\n 'b': [1, 2,], \u3000\u201Cc\u201D\uFF1A true\uFF0C}`,
      ),
    ).toEqual({
      a: 1,
      b: [1, 2],
      c: true,
    });
    expect(value('{"a": TRUE, "b": None, "c": 007, "d": jdbc:mysql://h/x, "e": NULL}')).toEqual({
      a: true,
      b: 'None',
      c: '007',
      d: 'jdbc:mysql://h/x',
      e: null,
    });
    expect(value('{a: 1, b_2: "x" // y\n}')).toEqual({ a: 1, b_2: 'x' });
  });

  it('keeps a variable in place of a number until it is filled in, without a complaint', () => {
    const text = '{"n": ${n}, "m": $[yyyymmdd-1], "s": ${a}_${b}, "q": "${x}"}';
    expect(value(text)).toEqual({ n: '${n}', m: '$[yyyymmdd-1]', s: '${a}_${b}', q: '${x}' });
    expect(codes(text)).toEqual([]);
  });

  it('changes no number: what a double cannot hold stays text', () => {
    const text =
      '[9007199254740993, 0.1, 1e400, 0.12345678901234567891, 1.50, 100000000000000000000, -0.5e-3]';
    expect(value(text)).toEqual([
      '9007199254740993',
      0.1,
      '1e400',
      '0.12345678901234567891',
      1.5,
      1e20,
      -0.5e-3,
    ]);
  });

  it('takes of a repeated key the last, and says so', () => {
    expect(value('{"a": 1, "a": 2}')).toEqual({ a: 2 });
    expect(at('{"a": 1,\n "a": 2}')).toEqual(['2:2 SCRIPT_REPEATED_KEY /a']);
  });

  it('stops where no repair is sure, at the line of the mistake', () => {
    expect(at('{\n  "a": "x,\n  "b": 1\n}')).toEqual(['2:8 SCRIPT_QUOTE /a']);
    expect(at('{\n  "a": [1, 2\n}')).toEqual(['3:1 SCRIPT_BRACKET /a']);
    expect(at('{\n  "a" 1\n}')).toEqual(['2:7 SCRIPT_COLON /a']);
    expect(at('{ "a": ')).toEqual(['1:8 SCRIPT_VALUE /a']);
    expect(at('{"a": 1} x')).toEqual(['1:10 SCRIPT_AFTER_END ']);
    expect(at('{"a": "x" "y"}')).toEqual(['1:11 SCRIPT_QUOTE /a']);
    expect(at('   ')).toEqual(['1:4 SCRIPT_EMPTY ']);
  });

  it('has bounds: length, depth, and time that grows with the length only', () => {
    expect(codes(`[${' '.repeat(1024 * 1024)}]`)).toEqual(['SCRIPT_TOO_LARGE']);
    expect(codes('['.repeat(1000))).toEqual(['SCRIPT_TOO_DEEP']);
    expect(codes(`a: ${'['.repeat(100)}`)).toEqual(['SCRIPT_TOO_DEEP']);
    expect(codes('- '.repeat(5000))).toEqual(['SCRIPT_TOO_DEEP']);
    const bombs = [
      '{"a":"\\x',
      '{"a": ${',
      '"${',
      "'",
      '{"a" "',
      '[a, ',
      '/*',
      '\u201C',
      '{"a":"\n',
      '[1,',
      '{"',
      '://',
      '&a *a ',
    ];
    // Each is as long as a script may be; quadratic work would outlive the test's own limit by far.
    for (const bomb of bombs)
      expect(parseText(bomb.repeat(Math.floor(200_000 / bomb.length))).problems.length).toBeLessThan(300);
  });
});

describe('YAML', () => {
  it('is read into the same values, with places', () => {
    const text = 'mode: full\nlist:\n  - 1\n  - "007"\nnone:\nbig: 9007199254740993\n';
    const { root, source } = parseText(text);
    expect(toJson(root!)).toEqual({ mode: 'full', list: [1, '007'], none: null, big: '9007199254740993' });
    expect(source.placeAt(nodeAt(root!, '/list/1').node.start)).toEqual({ line: 4, column: 5 });
  });

  it('names its mistakes with line, and what to do', () => {
    expect(at('a:\n\tb: 1\n')[0]).toMatch(/^2:\d SCRIPT_YAML/);
    expect(at('a: [1, 2\nb: 3\n')[0]).toMatch(/^[12]:\d SCRIPT_YAML/);
    expect(at('a: 1\n---\nb: 2\n')[0]).toMatch(/^3:1 SCRIPT_YAML/);
    expect(at('a: *b\n')[0]).toMatch(/^1:4 SCRIPT_YAML/);
  });

  it('follows aliases, but not without end', () => {
    expect(value('a: &x [1]\nb: *x\n')).toEqual({ a: [1], b: [1] });
    const bomb = Array.from(
      { length: 20 },
      (_, i) => `a${i}: &a${i} [${i === 0 ? '1' : `*a${i - 1}, *a${i - 1}, *a${i - 1}`}]`,
    );
    expect(codes(bomb.join('\n'))).toEqual(['SCRIPT_YAML']);
    expect(codes('a: &x [*x]')).toEqual(['SCRIPT_YAML']);
  });
});

describe('any text at all', () => {
  const signs = fc.string({
    unit: fc.constantFrom(
      ...'{}[]:,"\'#/*\\-?&!|>%@` \n\tab01.$\u3000\uFF1A\uFF0C\u201C\uFEFF\u2028'.split(''),
      '//',
      '/*',
      '${',
      '\\u00',
      '__proto__',
      '<<: ',
    ),
    maxLength: 60,
  });

  /** Any UTF-16 units, lone surrogates too. */
  const units = fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 })
    .map((found) => String.fromCharCode(...found));

  it('is read or refused with places within it, never with a crash', () => {
    fc.assert(
      fc.property(
        fc.oneof(signs, units),
        fc.constantFrom('json' as const, 'yaml' as const, undefined),
        (text, format) => {
          const { root, problems } = parseText(text, format);
          if (root === undefined) expect(problems.some(({ severity }) => severity === 'error')).toBe(true);
          const lines = text.split(/\r\n?|\n/).length;
          for (const { line, column, cause, remedy } of problems) {
            expect([line >= 1, line <= lines, column >= 1, cause === '', remedy === '']).toEqual([
              true,
              true,
              true,
              false,
              false,
            ]);
          }
          if (root !== undefined) JSON.stringify(toJson(root));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('is imported or refused too when it is nearly a script', () => {
    const scripts = Object.keys(SAMPLES).map(sample);
    fc.assert(
      fc.property(
        fc.constantFrom(...scripts),
        fc.nat(),
        fc.nat(12),
        signs,
        fc.boolean(),
        (script, start, length, insert, strict) => {
          const from = start % script.length;
          const { problems, document, report } = importScript(
            script.slice(0, from) + insert + script.slice(from + length),
            { ...PINNED, strict },
          );
          if (document === undefined)
            expect(problems.some(({ severity }) => severity === 'error')).toBe(true);
          JSON.stringify([document, report]);
        },
      ),
      { numRuns: 600 },
    );
  });

  it('never touches a prototype', () => {
    for (const text of ['{"__proto__": {"polluted": 1}, "a": 1}', '__proto__:\n  polluted: 1\na: 1\n']) {
      expect(codes(text)).toEqual(['SCRIPT_FORBIDDEN_KEY']);
      expect(Object.keys(value(text) as object)).toEqual(['a']);
    }
    const poison =
      '"constructor": { "prototype": { "polluted": 1 } }, "__proto__": { "polluted": 1 }, " __PROTO__ ": { "polluted": 1 }, ';
    for (const type of ['mysql', 'odps', 'txtfile', 'constructor', '__proto__', 'toString']) {
      const script = sample('v2-plain.json')
        .replace('"mysql"', JSON.stringify(type))
        .replace('"where"', `${poison}"where"`);
      const { document, dialect } = importScript(script, PINNED);
      const parameters = document!.reader.parameters;
      expect([Object.getPrototypeOf(parameters), parameters['polluted']]).toEqual([
        Object.prototype,
        undefined,
      ]);
      const keys = {
        ...document!.origin!.keys,
        '/reader/parameter/__proto__/polluted': 1,
        '/__proto__/polluted': 1,
      };
      exportScript({ ...document!, origin: { ...document!.origin!, keys } }, dialect!, {
        sourceOf: () => undefined,
      });
    }
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});
