import fc from 'fast-check';
import { expect, it } from 'vitest';
import { literal, parseTable, quote } from './identifier.ts';

/** Any text, with the characters that quoting is about more often than by chance. */
const name = fc
  .array(
    fc.oneof(
      fc.constantFrom('"', '""', "'", '\\', '.', ';--', '$1', ' ', '\n', '😀'),
      fc.string({ unit: 'binary' }),
    ),
    {
      maxLength: 8,
    },
  )
  .map((parts) => parts.join(''));

const fits = (text: string): boolean => text !== '' && !text.includes('\0') && Buffer.byteLength(text) <= 63;

it('a quoted name is one name and says what it was made of; what the server would cut or refuse is refused (B-23, B-24)', () => {
  fc.assert(
    fc.property(name, (text) => {
      if (!fits(text))
        return void expect(() => quote(text)).toThrow(
          expect.objectContaining({ code: 'SLUICE_CFG_INVALID' }),
        );
      const quoted = quote(text);
      // Between the outer quotes every quote has its twin: nothing can end the name early.
      expect(quoted).toMatch(/^"(?:[^"]|"")+"$/);
      expect(quoted.slice(1, -1).replaceAll('""', '"')).toBe(text);
    }),
    { numRuns: 2000 },
  );
  expect(() => quote('é'.repeat(32))).toThrow();
  expect(quote('é'.repeat(31))).toBe(`"${'é'.repeat(31)}"`);
});

it('a table is found again by its quoted name, dots and quotes within it included (B-26)', () => {
  fc.assert(
    fc.property(name.filter(fits), name.filter(fits), (schema, table) => {
      const found = parseTable(`${quote(schema)}.${quote(table)}`);
      expect([found.schema, found.table]).toEqual([schema, table]);
      expect(parseTable(quote(table))).toMatchObject({ schema: 'public', table });
    }),
    { numRuns: 2000 },
  );
  for (const text of ['', '.', 'a.', '.a', 'a.b.c', '"a', 'a"b', '"a"b', '""', '"a".""', 'a."b'])
    expect(() => parseTable(text)).toThrow(expect.objectContaining({ code: 'SLUICE_CFG_INVALID' }));
});

it('a literal ends where it should, whatever it holds (B-28)', () => {
  fc.assert(
    fc.property(name, (text) => {
      if (text.includes('\0')) return void expect(() => literal(text)).toThrow();
      expect(literal(text)).toMatch(/^'(?:[^']|'')*'$/);
      expect(literal(text).slice(1, -1).replaceAll("''", "'")).toBe(text);
    }),
  );
});
