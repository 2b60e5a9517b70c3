import { readFileSync } from 'node:fs';
import avsc from 'avsc';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RowSchema } from '@sluice/model';
import { EVERY_KIND } from '../test/row-arbitrary.ts';
import { type AvroRecord, batchAvroSchema, parseRowSchema, schemaFingerprint } from './index.ts';

const SAFE = /^[A-Za-z_][A-Za-z0-9_]*$/;

function named(...names: string[]): RowSchema {
  return { name: 't', key: [], columns: names.map((name) => ({ name, kind: 'int', nullable: true })) };
}

function fieldNames(schema: RowSchema): string[] {
  const records = batchAvroSchema(schema).fields.at(-1)!.type as { items: AvroRecord };
  return records.items.fields.map((field) => field.name);
}

function schemaFile(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../schemas/${name}`, import.meta.url), 'utf8'));
}

describe('the schema of a batch', () => {
  test('gives the row schema back, also after a way through JSON', () => {
    const avro = JSON.parse(JSON.stringify(batchAvroSchema(EVERY_KIND))) as AvroRecord;
    expect(parseRowSchema(avro)).toEqual(EVERY_KIND);
  });

  test('gives a decimal without a precision back without one', () => {
    const schema: RowSchema = {
      name: 't',
      key: [],
      columns: [{ name: 'd', kind: 'decimal', scale: 3, nullable: true }],
    };
    expect(parseRowSchema(batchAvroSchema(schema))).toEqual(schema);
  });

  test('names fields as Avro allows, uniquely, and keeps names that are safe', () => {
    expect(fieldNames(named('a b', 'a_b', 'a-b', 'a_b_2', '1', '', 'größe', '😀'))).toEqual([
      'a_b_3',
      'a_b',
      'a_b_4',
      'a_b_2',
      '_1',
      '_',
      'gr__e',
      '__2',
    ]);
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ unit: 'grapheme' }), { minLength: 1 }), (names) => {
        const fields = fieldNames(named(...names));
        expect(new Set(fields).size).toBe(names.length);
        for (const field of fields) expect(field).toMatch(SAFE);
        expect(parseRowSchema(batchAvroSchema(named(...names))).columns.map((column) => column.name)).toEqual(
          names,
        );
      }),
    );
  });

  test('is refused for no columns, too many, or two of one name', () => {
    const tooMany = named(...Array.from({ length: 10_000 }, (_, index) => `c${index}`));
    for (const wrong of [named(), tooMany, named('a', 'a')])
      expect(() => batchAvroSchema(wrong)).toThrowError(
        expect.objectContaining({ code: 'SLUICE_CFG_INVALID' }),
      );
  });

  test('is refused for parsing when it is not one of ours', () => {
    const foreign = { type: 'record', name: 'X', fields: [] } as AvroRecord;
    for (const wrong of [foreign, schemaFile('batch.avsc') as AvroRecord])
      expect(() => parseRowSchema(wrong)).toThrowError(
        expect.objectContaining({ code: 'SLUICE_BUS_UNDECODABLE' }),
      );
  });
});

describe('the fingerprint', () => {
  test('is the same for every order of properties and another for another schema', () => {
    const avro = batchAvroSchema(EVERY_KIND);
    const reversed = Object.fromEntries(Object.entries(avro).reverse()) as unknown as AvroRecord;
    expect(schemaFingerprint(reversed)).toBe(schemaFingerprint(avro));
    expect(schemaFingerprint(batchAvroSchema({ ...EVERY_KIND, name: 'other' }))).not.toBe(
      schemaFingerprint(avro),
    );
  });

  test('of the published schemas is pinned: a change of the wire format is a decision', () => {
    const pinned = ['batch.avsc', 'dirty-record.avsc', 'run-log.avsc'].map((name) =>
      schemaFingerprint(schemaFile(name) as AvroRecord).slice(0, 16),
    );
    expect(pinned).toEqual(['9918c825ae42b169', '66eca0c4a3ccb860', 'ac09ade8f97144b8']);
  });
});

describe('the published schemas', () => {
  test('are valid Avro', () => {
    for (const name of ['batch.avsc', 'dirty-record.avsc', 'run-log.avsc'])
      expect(avsc.Type.forSchema(schemaFile(name) as avsc.Schema).typeName).toBe('record');
  });

  test('describe a dirty record the same way in the batch and alone', () => {
    const batch = schemaFile('batch.avsc') as AvroRecord;
    const dirty = batch.fields.find((field) => field.name === 'dirty')!.type as { items: object };
    expect({ ...dirty.items, namespace: 'sluice' }).toEqual(schemaFile('dirty-record.avsc'));
  });
});
