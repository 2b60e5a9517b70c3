import { expect, it } from 'vitest';
import { jsonFault } from './json-fault.ts';

it.each([
  ['{"a": 1} x', '1:10'],
  ['{"name": tru}', '1:13'],
  ['[1,\n 2,]', '2:4'],
  ['{\n  "a": 1,\n}', '3:1'],
  ['{"a": 1', '1:8'],
  ['', '1:1'],
  ["{'a': 1}", '1:2'],
  [`{"long": "${'x'.repeat(500)}", "b": nope}`, '1:520'],
])('finds where text %# stops being JSON', (text, place) => {
  let fault: unknown;
  try {
    JSON.parse(text);
  } catch (error) {
    fault = error;
  }
  const { line, column } = jsonFault(text, fault);
  expect(`${line}:${column}`).toBe(place);
});
