import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  applyEdits,
  exportScript,
  type Imported,
  importScript,
  parseText,
  type SourceOf,
} from '../src/index.ts';
import { pointerOf, walk } from '../src/syntax/node.ts';
import { SAMPLES } from './samples.ts';
import { PINNED, sample } from './surroundings.ts';

const FILES = Object.entries(SAMPLES);
const read = (text: string): Imported => importScript(text, { ...PINNED, connectorOf: () => 'sqlite' });
const worth = ({ problems }: Imported): [number, string][] =>
  problems.filter(({ severity }) => severity !== 'note').map(({ line, code }) => [line, code]);

describe('every sample of the four dialects', () => {
  it('is in the table', () => {
    expect(readdirSync(new URL('samples', import.meta.url)).sort()).toEqual(Object.keys(SAMPLES).sort());
    expect(new Set(FILES.map(([, { dialect }]) => dialect))).toContain('addax');
  });

  it.each(FILES)('%s imports, or stops at the right line', (name, { dialect, says = [], isReady, stops }) => {
    const found = read(sample(name));
    expect([found.dialect, found.isReady, found.document !== undefined]).toEqual([
      dialect,
      isReady,
      stops === undefined,
    ]);
    expect(worth(found)).toEqual(says);
    for (const { cause, remedy } of found.problems)
      expect([cause, remedy].join(' ')).toMatch(/^\S.+\. \S.+\.$/s);
  });

  it.each(FILES.filter(([, { stops }]) => stops === 'edit'))(
    '%s can be read when its repairs are made',
    (name) => {
      let text = sample(name);
      for (let round = 0; round < 5 && parseText(text).root === undefined; round++)
        text = applyEdits(
          text,
          parseText(text).problems.flatMap(({ repair }) => repair ?? []),
        );
      expect(parseText(text).root).toBeDefined();
    },
  );

  it.each(FILES)('%s has no complaint left when all repairs of its form are made', (name, { stops }) => {
    if (stops !== undefined) return;
    const text = sample(name);
    const { problems, format } = parseText(text);
    const repaired = applyEdits(
      text,
      problems.flatMap(({ repair }) => repair ?? []),
    );
    const left = parseText(repaired, format).problems.map(({ code }) => code);
    expect(left.filter((code) => code !== 'SCRIPT_REPEATED_KEY')).toEqual([]);
  });

  it.each(FILES)('%s says the same with other line ends and a byte order mark', (name, { says = [] }) => {
    const text = `\uFEFF${sample(name)
      .replace(/^\uFEFF/, '')
      .replaceAll('\n', '\r\n')}`;
    expect(worth(read(text))).toEqual(says);
  });

  it.each(FILES)('%s is the same document after an export and another import', (name, { dialect }) => {
    const { document, problems, dataSources, format } = read(sample(name));
    const isWrong = problems.some(({ code }) => /_(RANGE|TYPE|COLUMNS|URL|PART)$/.test(code));
    if (document === undefined || dialect === undefined || isWrong) return;
    const sourceOf: SourceOf = (wanted) => dataSources.find((source) => source.name === wanted);
    const exported = exportScript(document, dialect, { sourceOf, format });
    expect(read(exported.text).document).toEqual(document);
    // What a script said, its own dialect can say.
    expect(exported.lost.map(({ pointer }) => pointer)).toEqual(
      name === 'v1-wizard.json' ? ['/control/bytesPerSecond'] : [],
    );
  });
});

describe('the report', () => {
  it.each(FILES)('of %s lists every key of the script once, in the order of the text', (name, { stops }) => {
    if (stops !== undefined) return;
    const { report } = read(sample(name));
    const there = report.filter(({ fate }) => fate !== 'defaulted').map(({ pointer }) => pointer);
    const members = [...walk(parseText(sample(name)).root!)].filter(({ member }) => member !== undefined);
    expect(there).toEqual(members.map(({ path }) => pointerOf(path)));
    const places = report.map(({ line, column }) => line * 1e6 + column);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });

  it('says of each key what became of it', () => {
    const { report } = read(sample('v2-tolerant.json'));
    const fate = (pointer: string): unknown => {
      const { fate: which, became, value } = report.find((entry) => entry.pointer === pointer)!;
      return [which, became, value];
    };
    expect(fate('/Steps/0/Parameter /Writemode')).toEqual(['mapped', '/write/mode', 'upsert']);
    expect(fate('/Steps/0/Parameter /preSQL')).toEqual(['mapped', '/write/truncateFirst', true]);
    expect(fate('/Steps/0/Parameter /batchSize')).toEqual(['mapped', '/write/transactionRecords', 500]);
    expect(fate('/Steps/1/parameter/Splitpk')).toEqual(['mapped', '/reader/parameters/splitKey', 'id']);
    expect(fate('/Steps/1/parameter/envType')).toEqual(['ignored', undefined, undefined]);
    expect(fate('/Setting/Speed/mbps')).toEqual(['ignored', undefined, undefined]);
    expect(fate('/Setting/errorLimit/errorLimit')).toEqual(['defaulted', '/control/dirtyLimit', -1]);
  });
});
