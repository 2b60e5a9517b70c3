import { expect, it } from 'vitest';
import {
  bareTable,
  customParts,
  EMPTY_TASK,
  fieldsOf,
  isJudgeable,
  nameOf,
  paired,
  tableOf,
  withCast,
  withFields,
  withTable,
} from './task-document.ts';

const chosen = {
  ...EMPTY_TASK,
  reader: { dataSource: 'a', parameters: { where: 'id > 1' } },
  writer: { dataSource: 'b', parameters: {} },
};

it('gives a target without a table the bare name of the table of the source, and leaves one that was chosen', () => {
  const first = withTable(chosen, 'reader', 'public."Orders"');
  expect([tableOf(first, 'reader'), tableOf(first, 'writer')]).toEqual(['public."Orders"', 'Orders']);
  expect(first.reader.parameters).toEqual({ where: 'id > 1', table: 'public."Orders"' });
  const second = withTable(withTable(first, 'writer', 'copy'), 'reader', 'other');
  expect([tableOf(second, 'reader'), tableOf(second, 'writer')]).toEqual(['other', 'copy']);
  expect(['orders', 'a.b.c', '`a`.`b c`'].map(bareTable)).toEqual(['orders', 'c', 'b c']);
});

it('names a task after its ends', () => {
  const document = withTable(chosen, 'reader', 'orders');
  expect(nameOf(document, (id) => `store-${id}`)).toBe('store-a.orders → store-b.orders');
  expect([isJudgeable(EMPTY_TASK), isJudgeable(document)]).toEqual([false, true]);
});

it('makes a list of what was judged when the first pair is changed, and keeps a list that is there', () => {
  const verdicts = [
    { pointer: '/mapping', to: 'x', from: 'a', verdict: 'safe', rule: '' },
    { pointer: '/mapping', to: 'y', expression: 'a + 1', verdict: 'safe', rule: '' },
  ] as const;
  const fields = fieldsOf(chosen, verdicts);
  expect(fields).toEqual([
    { to: 'x', from: 'a' },
    { to: 'y', expression: 'a + 1' },
  ]);
  const next = withCast(paired(fields, 'b', 'y'), 'x', 'long');
  expect(next).toEqual([
    { to: 'x', from: 'a', cast: 'long' },
    { to: 'y', from: 'b' },
  ]);
  expect(paired(next, 'c', 'z').at(-1)).toEqual({ to: 'z', from: 'c' });
  expect(withCast(next, 'x', '')[0]).toEqual({ to: 'x', from: 'a' });
  const document = withFields(chosen, next);
  expect(fieldsOf(document, verdicts)).toBe(next);
  expect(withFields(document, undefined)).toEqual(chosen);
});

it('names the parts of a document that the wizard keeps without changing them', () => {
  expect(customParts(chosen)).toEqual([]);
  expect(customParts({ ...chosen, transformers: [{ name: 'dx_pad' }], mapStage: true })).toEqual([
    'transformers',
    'mapStage',
  ]);
});
