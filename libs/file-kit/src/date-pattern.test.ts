import { describe, expect, it } from 'vitest';
import { datePattern } from './date-pattern.ts';
import { TextBuffer } from './text-buffer.ts';

/** 2024-02-29 in days, and 07:08:09.012345 in microseconds. */
const DAY = 19_782;
const TIME = ((7 * 60 + 8) * 60 + 9) * 1e6 + 12_345;

function written(pattern: string, days = DAY, micros = TIME): string {
  const out = new TextBuffer();
  return datePattern(pattern)(out, days, micros) ? out.view().toString() : 'no form';
}

describe('a pattern of dates', () => {
  it.each([
    ['yyyy-MM-dd HH:mm:ss', '2024-02-29 07:08:09'],
    ['yyyyMMdd', '20240229'],
    ['yy/M/d H:m:s', '24/2/29 7:8:9'],
    ["yyyy-MM-dd'T'HH:mm:ss.SSS", '2024-02-29T07:08:09.012'],
    ['SSSSSS', '012345'],
    ["''yy 'o''clock'", "'24 o'clock"],
    ['yyyy年MM月dd日', '2024年02月29日'],
  ])('%s writes %s', (pattern, expected) => expect(written(pattern)).toBe(expected));

  it('writes one letter with as many digits as the number has', () => {
    expect(written('M-d H', DAY + 300, 23 * 3.6e9)).toBe('12-25 23');
  });

  it('has no form for years that four digits do not hold', () => {
    expect([written('yyyy', 3_000_000), written('yyyy', -800_000)]).toEqual(['no form', 'no form']);
  });

  it.each(['yyyy-MMM', 'hh', 'yyyyy', '', "yyyy 'x", 'SSSSSSS', 'z'])('refuses %j', (pattern) => {
    expect(() => datePattern(pattern)).toThrow(expect.objectContaining({ code: 'SLUICE_CFG_INVALID' }));
  });
});
