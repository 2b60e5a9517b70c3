import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hexLiteral, literal, parseTable, quoteName, quoteTable, writeTable } from './identifier.ts';

/** Any text, with the characters that quoting is about more often than by chance. */
const name = fc
  .array(
    fc.oneof(
      fc.constantFrom('`', '``', "'", '\\', '.', ';--', '?', ' ', '\n', '\u001a', '😀'),
      fc.string({ unit: 'binary' }),
    ),
    {
      maxLength: 8,
    },
  )
  .map((parts) => parts.join(''));

const fits = (text: string): boolean =>
  text !== '' && !text.includes('\0') && !text.endsWith(' ') && [...text].length <= 64;

it('a quoted name is one name and says what it was made of; what the server cannot hold is refused (B-23, B-24)', () => {
  fc.assert(
    fc.property(name, (text) => {
      if (!fits(text))
        return void expect(() => quoteName(text)).toThrow(
          expect.objectContaining({ code: 'SLUICE_CFG_INVALID' }),
        );
      const quoted = quoteName(text);
      expect(quoted).toMatch(/^`(?:[^`]|``)+`$/);
      expect(quoted.slice(1, -1).replaceAll('``', '`')).toBe(text);
    }),
    { numRuns: 2000 },
  );
});

it('a table is found again by how it is written, dots and quotes within it included (B-26)', () => {
  fc.assert(
    fc.property(name.filter(fits), name.filter(fits), (database, table) => {
      for (const write of [quoteTable, writeTable]) {
        expect(parseTable(write({ database, name: table }))).toEqual({ database, name: table });
        expect(parseTable(write({ name: table }))).toEqual({ name: table });
      }
    }),
    { numRuns: 2000 },
  );
  for (const text of ['', '.', 'a.', '.a', 'a.b.c', '`a', '``', '`a`.``'])
    expect(() => parseTable(text)).toThrow(expect.objectContaining({ code: 'SLUICE_CFG_INVALID' }));
});

it('a literal ends where it should, whatever it holds (B-28)', () => {
  fc.assert(
    fc.property(name, (text) => {
      const written = literal(text);
      expect(written).toMatch(/^'(?:[^'\\]|\\[\s\S])*'$/);
      const meant = written
        .slice(1, -1)
        .replace(/\\([\s\S])/g, (_, char: string) => ({ '0': '\0', Z: '\u001a' })[char] ?? char);
      expect(meant).toBe(text);
    }),
  );
  for (const hex of ['0', "00' or '1", '0x00', 'zz']) expect(() => hexLiteral(hex)).toThrow();
});
