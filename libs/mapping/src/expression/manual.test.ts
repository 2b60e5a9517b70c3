import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RowSchema, TaskDocument } from '@sluice/model';
import { describe, expect, test } from 'vitest';
import { planMapping } from '../mapping-plan.ts';
import { TRANSFORMERS } from '../transformers/transformer.ts';
import { shown } from './evaluation.fixture.ts';
import { FUNCTIONS } from './functions/index.ts';

const MANUAL = readFileSync(join(import.meta.dirname, '../../../../docs/mapping.md'), 'utf8');
const EXAMPLES = [...MANUAL.matchAll(/`([^`]+)` = `([^`]+)`/g)].map(([, left, right]) => [left!, right!]);

const ORDERS: RowSchema = {
  name: 'orders',
  key: ['id'],
  columns: [
    { name: 'id', kind: 'long', nullable: false },
    { name: 'status', kind: 'string', nullable: false },
    { name: 'placed', kind: 'timestamp', nullable: false },
    { name: 'net', kind: 'decimal', precision: 12, scale: 2, nullable: false },
    { name: 'code', kind: 'string', nullable: true },
    { name: 'ship_text', kind: 'string', nullable: true },
    { name: 'email', kind: 'string', nullable: true },
  ],
};

describe('the manual', () => {
  test('has every function as it is written, and every transformer', () => {
    const missing = Object.values(FUNCTIONS).filter(({ usage }) => !MANUAL.includes(`\`${usage}\``));
    expect(missing.map(({ usage }) => usage)).toEqual([]);
    expect(TRANSFORMERS.filter((name) => !MANUAL.includes(`| \`${name}\` |`))).toEqual([]);
  });

  test.each(EXAMPLES)('is right that %s is %s', (left, right) => {
    expect(shown(left!)).toEqual(shown(right!));
    expect(typeof shown(left!) === 'object' ? shown(left!) : null).toBeNull();
  });

  test('shows a document that can be planned', () => {
    const text = /```json\n([^`]+)```/.exec(MANUAL)![1]!;
    const document = JSON.parse(text) as TaskDocument;
    const facts = {
      run: { id: 'r', startedAt: 0 },
      parameters: document.parameters!,
      hasSecret: () => false,
    };
    const plan = planMapping(document, ORDERS, undefined, facts);
    expect(plan.problems).toEqual([]);
    expect(plan.fields).toHaveLength(6);
  });
});
