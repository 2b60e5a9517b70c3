import { expect, it } from 'vitest';
import { bytes, duration, plain } from './format.ts';

it('makes what cannot be seen in a text visible: colours of terminals, marks that turn its direction', () => {
  expect(plain('a\u001b[31mred\u202eevil\u200b')).toBe('a\\u{1b}[31mred\\u{202e}evil\\u{200b}');
  expect(plain('東京 Zürich\tÀ 👍')).toBe('東京 Zürich\tÀ 👍');
});

it('says sizes in IEC units and durations as people do', () => {
  expect([0, 1023, 1024, 15_413_248].map(bytes)).toEqual(['0 B', '1023 B', '1.0 KiB', '14.7 MiB']);
  expect([40, 2500, 61_000, 7_500_000].map(duration)).toEqual(['0.0 s', '2.5 s', '1 min 1 s', '2 h 5 min']);
});
