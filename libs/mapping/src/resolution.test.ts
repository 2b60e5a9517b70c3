import { describe, expect, test } from 'vitest';
import type { Column, FieldMapping, RowSchema } from '@sluice/model';
import { mappedSchema, needsMapStage, readColumns, resolveMapping, verdictOf } from './index.ts';

const col = (name: string, kind: Column['kind'] = 'string', more: Partial<Column> = {}): Column => ({
  name,
  kind,
  nullable: true,
  ...more,
});
const table = (name: string, columns: Column[], key: string[] = []): RowSchema => ({ name, columns, key });

const SOURCE = table(
  'orders',
  [col('id', 'long', { nullable: false }), col('Price', 'decimal', { precision: 12, scale: 2 }), col('note')],
  ['id'],
);
const TARGET = table(
  'sales',
  [col('note'), col('id', 'long', { nullable: false }), col('price', 'decimal', { precision: 12, scale: 2 })],
  ['id'],
);

describe('pairing', () => {
  test('by name goes exactly first, then by folded name, in the order of the target', () => {
    const { fields, problems } = resolveMapping(undefined, SOURCE, TARGET);
    expect(problems).toEqual([]);
    expect(fields.map((field) => [field.to, field.from])).toEqual([
      ['note', 'note'],
      ['id', 'id'],
      ['price', 'Price'],
    ]);
  });

  test('by name never guesses between two folded names', () => {
    const source = table('s', [col('A'), col('a')]);
    const exact = resolveMapping('name', source, table('t', [col('a'), col('A')]));
    expect(exact.fields.map((field) => [field.to, field.from])).toEqual([
      ['a', 'a'],
      ['A', 'A'],
    ]);
    expect(
      resolveMapping('name', table('s', [col('AB'), col('Ab')]), table('t', [col('ab')])).problems,
    ).toHaveLength(2);
  });

  test('by name reports a source column that would be lost, with the nearest free one', () => {
    const { problems } = resolveMapping('name', table('s', [col('adress')]), table('t', [col('address')]));
    expect(problems).toEqual([
      {
        pointer: '/mapping',
        code: 'SLUICE_TGT_COLUMN',
        detail: 't has no column adress; did you mean address?',
        nearest: 'address',
      },
    ]);
  });

  test('by position takes the names of the target and needs as many columns', () => {
    const three = table('t', [col('a', 'long'), col('b', 'decimal', { precision: 12, scale: 2 }), col('c')]);
    expect(resolveMapping('position', SOURCE, three).fields.map((field) => [field.to, field.from])).toEqual([
      ['a', 'id'],
      ['b', 'Price'],
      ['c', 'note'],
    ]);
    const { problems } = resolveMapping('position', SOURCE, table('t', [col('a', 'long')]));
    expect(problems).toMatchObject([{ pointer: '/mapping', code: 'SLUICE_CFG_INVALID' }]);
  });

  test('without a target takes the source as it is', () => {
    const { fields, verdicts } = resolveMapping('name', SOURCE, undefined);
    expect(mappedSchema({ fields }, SOURCE)).toEqual(SOURCE);
    expect(verdicts.every((each) => each.verdict === 'safe')).toBe(true);
  });

  test.each<[string, FieldMapping, string, string]>([
    ['unknown source column', { to: 'note', from: 'nots' }, '/mapping/1/from', 'SLUICE_SRC_COLUMN'],
    ['unknown position', { to: 'note', position: 3 }, '/mapping/1/position', 'SLUICE_SRC_COLUMN'],
    ['unknown target column', { to: 'nope', from: 'note' }, '/mapping/1/to', 'SLUICE_TGT_COLUMN'],
    [
      'unknown cast',
      { to: 'note', from: 'note', cast: 'decimal(2,3)' },
      '/mapping/1/cast',
      'SLUICE_CFG_INVALID',
    ],
    ['two origins', { to: 'note', from: 'note', constant: 1 }, '/mapping/1', 'SLUICE_CFG_INVALID'],
    ['no origin', { to: 'note' }, '/mapping/1', 'SLUICE_CFG_INVALID'],
    ['column mapped twice', { to: 'ID', from: 'note', cast: 'long' }, '/mapping/1/to', 'SLUICE_CFG_INVALID'],
    ['impossible cast', { to: 'price', from: 'note', cast: 'date' }, '/mapping/1', 'SLUICE_MAP_IMPOSSIBLE'],
    ['null for a column without nulls', { to: 'id', constant: null }, '/mapping/1', 'SLUICE_MAP_IMPOSSIBLE'],
    ['constant of another type', { to: 'price', constant: 'cheap' }, '/mapping/1', 'SLUICE_MAP_IMPOSSIBLE'],
  ])('a list with %s is a problem at its place', (_, field, pointer, code) => {
    const { problems } = resolveMapping([{ to: 'id', from: 'id' }, field], SOURCE, TARGET);
    expect(problems).toContainEqual(expect.objectContaining({ pointer, code }));
  });

  test('a target column without nulls and without a source is a problem', () => {
    const { problems } = resolveMapping([{ to: 'note', from: 'note' }], SOURCE, TARGET);
    expect(problems).toMatchObject([
      { code: 'SLUICE_MAP_IMPOSSIBLE', detail: expect.stringContaining('id of sales') },
    ]);
  });
});

describe('a cast that nobody asked for', () => {
  const cast = (source: Column, target: Column): unknown =>
    resolveMapping('name', table('s', [source]), table('t', [target])).fields[0]?.cast;
  const decimal = (precision: number, scale: number): Column => col('c', 'decimal', { precision, scale });

  test.each<[string, Column, Column, object]>([
    ['drops a time of day', col('c', 'timestamp'), col('c', 'date'), { kind: 'date' }],
    ['takes "yes" for true', col('c', 'string'), col('c', 'boolean'), { kind: 'boolean' }],
    ['rounds', decimal(12, 2), decimal(12, 1), { kind: 'decimal', precision: 12, scale: 1 }],
    ['rounds to a float', col('c', 'double'), col('c', 'float'), { kind: 'float' }],
    ['writes bytes in hexadecimal', col('c', 'bytes'), col('c', 'string'), { kind: 'string' }],
    ['reads escapes in a text', col('c', 'string'), col('c', 'bytes'), { kind: 'bytes' }],
  ])('is made where a target by itself %s', (_, source, target, expected) => {
    expect(cast(source, target)).toEqual(expected);
  });

  test.each<[Column, Column]>([
    [col('c', 'int'), col('c', 'long')],
    [col('c', 'timestamp'), col('c', 'timestamptz')],
    [decimal(12, 2), decimal(14, 2)],
    [col('c', 'date'), col('c', 'string')],
    [col('c', 'string'), col('c', 'string', { maxLength: 3 })],
    [col('c', 'int'), col('c', 'int', { nullable: false })],
  ])('is not made from %o to %o: the connector writes every value or refuses it', (source, target) => {
    expect(cast(source, target)).toBeUndefined();
  });
});

describe('verdicts', () => {
  const decimal = (precision: number, scale: number): Column => col('c', 'decimal', { precision, scale });
  test.each<[Column, Column, string]>([
    [col('c', 'int'), col('c', 'long'), 'safe'],
    [col('c', 'long'), col('c', 'int'), 'may-lose'],
    [col('c', 'long'), col('c', 'double'), 'may-lose'],
    [decimal(12, 2), decimal(10, 2), 'may-lose'],
    [decimal(12, 2), decimal(14, 2), 'safe'],
    [decimal(12, 2), decimal(12, 4), 'may-lose'],
    [decimal(9, 0), col('c', 'int'), 'safe'],
    [decimal(9, 1), col('c', 'int'), 'may-lose'],
    [col('c', 'long'), decimal(19, 0), 'safe'],
    [col('c', 'long'), decimal(18, 0), 'may-lose'],
    [col('c', 'timestamp'), col('c', 'timestamptz'), 'safe'],
    [col('c', 'timestamp'), col('c', 'date'), 'may-lose'],
    [col('c', 'timestamp'), col('c', 'time'), 'impossible'],
    [col('c', 'string'), col('c', 'int'), 'may-lose'],
    [col('c', 'bytes'), col('c', 'int'), 'impossible'],
    [col('c', 'bytes'), col('c', 'string'), 'may-lose'],
    [col('c', 'date'), col('c', 'long'), 'impossible'],
    [col('c', 'boolean'), col('c', 'int'), 'safe'],
    [col('c', 'string', { maxLength: 20 }), col('c', 'string', { maxLength: 20 }), 'safe'],
    [col('c', 'string', { maxLength: 21 }), col('c', 'string', { maxLength: 20 }), 'may-lose'],
    [col('c', 'string'), col('c', 'string', { maxLength: 20 }), 'may-lose'],
    [col('c', 'long'), col('c', 'string', { maxLength: 20 }), 'safe'],
    [col('c', 'long'), col('c', 'string', { maxLength: 10 }), 'may-lose'],
    [col('c', 'string'), col('c', 'string', { format: 'uuid' }), 'may-lose'],
    [col('c', 'string', { format: 'bits' }), col('c', 'long'), 'impossible'],
    [col('c', 'string', { format: 'bits' }), col('c', 'boolean'), 'may-lose'],
    [col('c', 'string', { format: 'uuid' }), col('c', 'string', { format: 'uuid' }), 'safe'],
    [col('c', 'int'), col('c', 'int', { nullable: false }), 'may-lose'],
  ])('%o to %o is %s', (source, target, verdict) => expect(verdictOf(source, target).verdict).toBe(verdict));

  test('name the rule for times, and the cast that would help', () => {
    const source = table('s', [col('at', 'timestamp'), col('n', 'long')]);
    const target = table('t', [col('at', 'timestamptz'), col('n', 'int')]);
    const { verdicts } = resolveMapping('name', source, target);
    expect(verdicts[0]).toMatchObject({
      verdict: 'safe',
      rule: expect.stringContaining('UTC'),
      suggestedCast: 'timestamptz',
    });
    expect(verdicts[1]).toMatchObject({ verdict: 'may-lose', suggestedCast: 'int' });
  });
});

describe('the map stage', () => {
  const resolve = (list: FieldMapping[]) => resolveMapping(list, SOURCE, undefined).fields;
  test('is not needed for what a reader that projects can do', () => {
    const fields = resolve([
      { to: 'n', from: 'note' },
      { to: 'k', constant: 'x' },
      { to: 'id', position: 0 },
    ]);
    expect(needsMapStage({ fields }, {}, true)).toBe(false);
    expect(readColumns(fields)).toEqual([
      { as: 'n', column: 'note' },
      { as: 'k', constant: 'x' },
      { as: 'id', column: 'id' },
    ]);
    expect(needsMapStage({ fields }, {}, false, SOURCE)).toBe(true);
    expect(needsMapStage({ fields }, { mapStage: true }, true)).toBe(true);
  });

  test('is needed for casts that change something, and only for those', () => {
    expect(needsMapStage({ fields: resolve([{ to: 'id', from: 'id', cast: 'string' }]) }, {}, true)).toBe(
      true,
    );
    expect(needsMapStage({ fields: resolve([{ to: 'id', from: 'id', cast: 'long' }]) }, {}, true)).toBe(
      false,
    );
    const dated = resolveMapping(
      [{ to: 'd', constant: '2024-01-01' }],
      SOURCE,
      table('t', [col('d', 'date')]),
    );
    expect(needsMapStage(dated, {}, true)).toBe(true);
  });

  test('is not needed for the identity, whatever the reader can do', () => {
    const fields = resolveMapping('name', SOURCE, undefined).fields;
    expect(needsMapStage({ fields }, {}, false, SOURCE)).toBe(false);
    expect(needsMapStage({ fields: fields.slice(1) }, {}, false, SOURCE)).toBe(true);
  });

  test('keeps the key under its new name while it is uncast, else takes the key of the target', () => {
    const renamed = resolve([
      { to: 'no', from: 'id' },
      { to: 'note', from: 'note' },
    ]);
    expect(mappedSchema({ fields: renamed }, SOURCE).key).toEqual(['no']);
    const cast = resolve([{ to: 'id', from: 'id', cast: 'string' }]);
    expect(mappedSchema({ fields: cast }, SOURCE).key).toEqual([]);
    expect(mappedSchema({ fields: cast }, SOURCE, TARGET)).toMatchObject({
      name: 'sales',
      key: ['id'],
      columns: [{ kind: 'string' }],
    });
  });
});
