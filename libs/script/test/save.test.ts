import fc from 'fast-check';
import { stringify } from 'yaml';
import { describe, expect, it } from 'vitest';
import {
  importScript,
  type Json,
  parseText,
  saveScript,
  saveText,
  type ScriptDocument,
  toJson,
} from '../src/index.ts';
import { SAMPLES } from './samples.ts';
import { PINNED, sample } from './surroundings.ts';

type Keyed = { [key: string]: Json };

const word = fc.constantFrom(
  'a',
  'b',
  'mode',
  'table',
  'x y',
  'e: f',
  '#',
  '- z',
  "it's",
  '007',
  'true',
  '',
  'long text '.repeat(12),
);
const leaf: fc.Arbitrary<Json> = fc.oneof(
  word,
  fc.integer({ min: -5, max: 500 }),
  fc.boolean(),
  fc.constant(null),
);
const { tree } = fc.letrec<{ tree: Json }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    fc.array(tie('tree'), { maxLength: 4 }) as fc.Arbitrary<Json>,
    fc.dictionary(fc.constantFrom('a', 'b', 'c', 'mode', 'x y', '1'), tie('tree'), {
      maxKeys: 4,
      noNullPrototype: true,
    }) as fc.Arbitrary<Json>,
  ),
}));
/** A value, and another one that is much like it. */
const pair = fc
  .tuple(
    fc.dictionary(fc.constantFrom('k', 'l', 'm', 'n'), tree, {
      minKeys: 1,
      noNullPrototype: true,
    }) as fc.Arbitrary<Keyed>,
    fc.dictionary(fc.constantFrom('k', 'l', 'm', 'o'), tree, {
      noNullPrototype: true,
    }) as fc.Arbitrary<Keyed>,
    fc.constantFrom('none', 'one', 'all'),
  )
  .map(([before, after, how]): [Keyed, Keyed] => {
    if (how === 'all') return [before, after];
    const [key] = Object.keys(after);
    return [before, how === 'none' || key === undefined ? before : { ...before, [key]: after[key]! }];
  });

const value = (text: string): unknown => toJson(parseText(text).root!);
const commentsOf = (text: string): string[] => text.match(/(?:\/\/|#) c\d+/g) ?? [];

/** Comments at the ends of all lines where nothing else may be meant: not within a text, not behind a block of text. */
const commented = (text: string, sign: string): string => {
  let n = 0;
  return text
    .split('\n')
    .map((line) =>
      line.trim() === '' || /[|>][-+]?$|^\s*long text|'$/.test(line) ? line : `${line} ${sign} c${(n += 1)}`,
    )
    .join('\n');
};

describe('a saved text', () => {
  it('of JSON says what it should, and is touched only where something changed', () => {
    fc.assert(
      fc.property(pair, fc.constantFrom(undefined, 2), ([before, after], space) => {
        const plain = JSON.stringify(before, undefined, space);
        const text = space === undefined ? plain : commented(plain, '//');
        const saved = saveText(text, after);
        expect(value(saved.text)).toEqual(after);
        // Where nothing may be sure, the whole text would be written anew.
        expect(['edits', 'unchanged']).toContain(saved.how);
        if (saved.how === 'unchanged') expect(saved.text).toBe(text);
        expect(parseText(saved.text).problems).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });

  it('of YAML says what it should', () => {
    fc.assert(
      fc.property(pair, ([before, after]) => {
        const text = commented(stringify(before, { lineWidth: 0 }), '#');
        const given = parseText(text, 'yaml');
        fc.pre(given.root !== undefined && JSON.stringify(toJson(given.root)) === JSON.stringify(before));
        const saved = saveText(text, after, 'yaml');
        const { root } = parseText(saved.text, 'yaml');
        expect(toJson(root!)).toEqual(after);
        if (saved.how === 'unchanged') expect(saved.text).toBe(text);
      }),
      { numRuns: 250 },
    );
  });

  it('keeps every comment when values change or are added, in JSON and YAML', () => {
    const deep = {
      mode: 'full',
      reader: { dataSource: 'a', parameters: { table: 't', columns: ['x', 'y'] } },
      control: { channels: 1 },
    };
    const settings = fc.record({
      mode: fc.constantFrom('full', 'cdc'),
      reader: fc.record({
        dataSource: word,
        parameters: fc.record({ table: word, columns: fc.array(word, { minLength: 2 }), where: word }),
      }),
      control: fc.record({ channels: fc.nat(9), dirtyLimit: fc.nat(3) }),
      write: fc.record({ mode: word }),
    });
    fc.assert(
      fc.property(settings, fc.boolean(), (after, isYaml) => {
        const text = isYaml
          ? commented(stringify(deep), '#')
          : commented(JSON.stringify(deep, undefined, 2), '//');
        const saved = saveText(text, after as unknown as Json);
        expect(value(saved.text)).toEqual(after);
        expect(commentsOf(saved.text)).toEqual(commentsOf(text));
        expect(saved.how).toBe('edits');
        const keys = Object.keys(value(saved.text) as object);
        expect(keys).toEqual(['mode', 'reader', 'control', 'write']);
      }),
      { numRuns: 150 },
    );
  });

  it('changes one line for one value', () => {
    const text = sample('sluice-plain.json');
    const { document } = importScript(text, PINNED);
    const saved = saveText(text, {
      ...(document as unknown as Keyed),
      control: { channels: 4, dirtyLimit: 1 },
    });
    expect(saved.text).toBe(text.replace('"channels": 2', '"channels": 4'));
    const yaml = sample('sluice-plain.yaml');
    const other = toJson(parseText(yaml).root!) as Keyed;
    expect(saveText(yaml, { ...other, mode: 'cdc' }).text).toBe(yaml.replace('mode: full', 'mode: cdc'));
    expect(saveText(yaml, { ...other, control: { channels: 2 } }).text).toBe(
      `${yaml}control:\n  channels: 2\n`,
    );
  });
});

describe('a saved script of a dialect', () => {
  const options = { ...PINNED, sourceOf: () => undefined };
  const scripts = Object.entries(SAMPLES).filter(
    ([, { dialect, says = [] }]) =>
      dialect !== undefined &&
      dialect !== 'sluice' &&
      !says.some(([, code]) => /_(RANGE|TYPE|COLUMNS|URL|PART|REPEATED_KEY)$/.test(code)),
  );

  it.each(scripts)('%s is not touched when nothing changed', (name) => {
    const text = sample(name);
    expect(saveScript(text, importScript(text, PINNED).document!, options)).toMatchObject({
      text,
      how: 'unchanged',
    });
  });

  it.each(scripts)('%s changes in its own spelling, and keeps its comments', (name) => {
    const text = sample(name);
    const { document, format } = importScript(text, PINNED);
    const changed = { ...document!, control: { ...document!.control, channels: 8 } } as ScriptDocument;
    const saved = saveScript(text, changed, options);
    const { origin: _, ...meant } = changed;
    const { origin: __, ...found } = importScript(saved.text, PINNED).document!;
    expect(found).toEqual(meant);
    expect([format, saved.how]).toEqual([format, 'edits']);
    const lines = text.split('\n');
    const kept = saved.text.split('\n').filter((line) => lines.includes(line)).length;
    // Limits of one channel move with the number of channels.
    expect(lines.length - kept).toBeLessThanOrEqual(name.includes('datax-plain') ? 4 : 2);
  });

  it('takes a change of a table into a connection, and of steps in another order', () => {
    const text = sample('v2-tolerant.json');
    const { document } = importScript(text, PINNED);
    const changed: ScriptDocument = {
      ...document!,
      reader: { ...document!.reader, parameters: { ...document!.reader.parameters, table: 'bills' } },
    };
    expect(saveScript(text, changed, options).text).toBe(
      text.replace('"Table": "invoice"', '"Table": "bills"'),
    );
  });
});
