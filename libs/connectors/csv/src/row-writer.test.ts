import { RowCursor } from '@sluice/connector-sdk';
import { TextBuffer } from '@sluice/file-kit';
import type { RowSchema } from '@sluice/model';
import { build } from '@sluice/wire/row-arbitrary';
import { expect, it } from 'vitest';
import { CsvRowWriter } from './row-writer.ts';

const SCHEMA: RowSchema = {
  name: 't',
  key: [],
  columns: [
    { name: 'day', kind: 'date', nullable: true },
    { name: 'moment', kind: 'timestamptz', nullable: true },
    { name: 'yes', kind: 'boolean', nullable: true },
  ],
};

function line(
  parameters: Record<string, unknown>,
  row: readonly [number, bigint, boolean] = [19_782, -1n, true],
): string {
  const out = new TextBuffer();
  const cursor = new RowCursor(SCHEMA, build(SCHEMA, [row.map((value) => ({ value }))]));
  cursor.more();
  new CsvRowWriter(parameters, SCHEMA).write(out, cursor);
  return out.view().toString();
}

it('dates and booleans have the form that is asked for, quoted where that has a delimiter in it', () => {
  expect(line({})).toBe('2024-02-29,1969-12-31 23:59:59.999999+00,t\n');
  expect(line({ dateFormat: 'yyyyMMdd', booleans: 'true/false' })).toBe('20240229,19691231,true\n');
  expect(line({ dateFormat: 'dd,MM' }, [0, 0n, false])).toBe('"01,01","01,01",f\n');
});

it('a day beyond the form of dates is a record that has no form', () => {
  expect(() => line({ dateFormat: 'yyyy' }, [3_000_000, 0n, true])).toThrow(
    expect.objectContaining({ code: 'SLUICE_TGT_VALUE', kind: 'data' }),
  );
  expect(() => line({ dateFormat: 'yyyy' }, [0, 2n ** 62n, true])).toThrow(
    expect.objectContaining({ kind: 'data' }),
  );
});
