import { crc32 } from 'node:zlib';
import avsc from 'avsc';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Batch, SluiceError } from '@sluice/model';
import { build, EVERY_KIND, type RawField, rowsOf } from '../test/row-arbitrary.ts';
import { batchAvroSchema, decodeBatch, decodeRows, encodeBatch, readMeta, schemaIdOf } from './index.ts';

const LONG = avsc.types.LongType.__with({
  fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(0),
  toBuffer: (value: bigint) => {
    const buffer = Buffer.alloc(8);
    buffer.writeBigInt64LE(BigInt(value));
    return buffer;
  },
  fromJSON: BigInt,
  toJSON: String,
  isValid: (value: unknown) => typeof value === 'bigint' || Number.isSafeInteger(value),
  compare: (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0),
});

/** The stock codec for a table's batches, with 64-bit longs as bigints and unions as objects. */
const TYPE = avsc.Type.forSchema(batchAvroSchema(EVERY_KIND) as avsc.Schema, {
  typeHook: (schema) => {
    const name = typeof schema === 'object' && 'type' in schema ? schema.type : schema;
    return name === 'long' ? LONG : undefined;
  },
  wrapUnions: true,
});

const EMPTY: Batch = {
  kind: 'data',
  task: '0192-task',
  generation: '0192-generation',
  run: '0192-run',
  split: 3,
  channel: 1,
  epoch: 1_048_577,
  seq: 7,
  position: null,
  recordCount: 0,
  filteredCount: 0,
  dirtyCount: 0,
  sourceBytes: 0,
  rows: Buffer.alloc(0),
  dirty: [],
};

const SAFE = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const DIRTY = fc.record(
  {
    index: fc.nat(),
    code: fc.constant('SLUICE_MAP_CAST'),
    column: fc.string(),
    reason: fc.string({ unit: 'grapheme' }),
    record: fc.string({ maxLength: 300 }),
  },
  { requiredKeys: ['index', 'code', 'reason', 'record'] },
);
const BATCH: fc.Arbitrary<Batch & { raw: RawField[][] }> = fc
  .record(
    {
      kind: fc.constantFrom('data', 'schema', 'heartbeat', 'final'),
      task: fc.uuid(),
      generation: fc.uuid(),
      run: fc.uuid(),
      split: fc.nat(),
      channel: fc.nat(),
      epoch: SAFE,
      seq: SAFE.filter((seq) => seq > 0),
      position: fc.option(fc.string({ unit: 'grapheme' })),
      filteredCount: fc.nat({ max: 1000 }),
      sourceBytes: SAFE,
      total: fc.record({ read: SAFE, bytes: SAFE }, { noNullPrototype: true }),
      raw: rowsOf(EVERY_KIND),
      dirty: fc.array(DIRTY, { maxLength: 3 }),
    },
    {
      requiredKeys: [
        'kind',
        'task',
        'generation',
        'run',
        'split',
        'channel',
        'epoch',
        'seq',
        'position',
        'filteredCount',
        'sourceBytes',
        'raw',
        'dirty',
      ],
      noNullPrototype: true,
    },
  )
  .map((given) => ({
    ...(given as unknown as Batch & { raw: RawField[][] }),
    recordCount: given.raw.length,
    dirtyCount: given.dirty.length,
    rows: build(EVERY_KIND, given.raw),
  }));

const SAMPLE: Batch = {
  ...EMPTY,
  position: '{"id":9}',
  recordCount: 2,
  dirtyCount: 1,
  rows: build(EVERY_KIND, [
    [{ value: 42n }, ...Array<RawField>(12).fill(null)],
    [{ value: -1n }, { value: true }, ...Array<RawField>(11).fill(null)],
  ]),
  dirty: [
    { index: 1, code: 'SLUICE_MAP_CAST', column: 'größe', reason: 'no number', record: '{"größe":"x"}' },
  ],
};

function refused(act: () => unknown): void {
  expect(act).toThrowError(expect.objectContaining({ code: 'SLUICE_BUS_UNDECODABLE' }));
}

/** Headers that vouch for a damaged value, so that the damage itself has to be found. */
function vouch(headers: Record<string, string>, value: Buffer): Record<string, string> {
  return {
    ...headers,
    'sluice-length': String(value.length),
    'sluice-crc32': crc32(value).toString(16).padStart(8, '0'),
  };
}

describe('a batch on the wire', () => {
  test('comes back as it was sent, whatever its kinds and values', () => {
    fc.assert(
      fc.property(BATCH, fc.nat({ max: 2 ** 31 - 1 }), ({ raw: _, ...batch }, id) => {
        const { headers, value } = encodeBatch(batch, id);
        expect(schemaIdOf(value)).toBe(id);
        expect(decodeBatch(headers, value)).toEqual(sameBatch(batch));
      }),
      { numRuns: 150 },
    );
  });

  test('is read by the stock Avro codec, and the stock codec writes what ours reads', () => {
    fc.assert(
      fc.property(BATCH, ({ raw, ...batch }) => {
        const { headers, value } = encodeBatch(batch, 1);
        const stock = TYPE.fromBuffer(value.subarray(5)) as Record<string, unknown> & { records: object[] };
        expect(stock['seq']).toBe(BigInt(batch.seq));
        expect(stock['position']).toEqual(batch.position === null ? null : { string: batch.position });
        expect(stock.records.map((row) => Object.values({ ...row }).map(plain))).toEqual(
          raw.map((row) => row.map(wrapped)),
        );
        const again = Buffer.concat([value.subarray(0, 5), TYPE.toBuffer(stock)]);
        expect(decodeBatch(vouch(headers, again), again).rows.equals(batch.rows)).toBe(true);
        expect(again.equals(value)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  test('hands its rows out as a view into the message', () => {
    const { headers, value } = encodeBatch(SAMPLE, 1);
    expect(decodeBatch(headers, value).rows.buffer).toBe(value.buffer);
  });

  test('tells its ids and carries the trace without being decoded', () => {
    const { headers } = encodeBatch(SAMPLE, 1, '00-aa-bb-01');
    expect(headers['traceparent']).toBe('00-aa-bb-01');
    expect(readMeta(headers)).toMatchObject({ task: '0192-task', seq: 7, epoch: 1_048_577, dirtyCount: 1 });
  });

  test('is not sent when its counts and contents disagree', () => {
    for (const wrong of [
      { dirtyCount: 0 },
      { recordCount: 0 },
      { recordCount: 1_000_000 },
      { epoch: 2 ** 53 },
    ])
      expect(() => encodeBatch({ ...SAMPLE, ...wrong }, 1)).toThrowError(
        expect.objectContaining({ code: 'SLUICE_SYS_BUG' }),
      );
  });
});

/** Rows compare by content: a decoded view and a built buffer are equal Buffers. */
function sameBatch(batch: Batch): unknown {
  return { ...batch, rows: expect.toSatisfy((rows: Buffer) => rows.equals(batch.rows)) };
}

/** A wrapped branch of the stock codec without its class. */
function plain(branch: unknown): unknown {
  return branch === null ? null : { ...(branch as object) };
}

const BRANCHES = ['long', 'boolean', 'int', 'float', 'double', 'bytes', 'string', 'string', 'bytes', 'int'];

function wrapped(raw: RawField, index: number): unknown {
  if (raw === null) return null;
  if ('text' in raw) return { string: raw.text };
  const branch = BRANCHES[index] ?? 'long';
  if (index === 5) return { bytes: twosComplement(raw.value as bigint) };
  return { [branch]: index === 10 ? BigInt(raw.value as number) : raw.value };
}

function twosComplement(value: bigint): Buffer {
  let length = 1;
  while (BigInt.asIntN(length * 8, value) !== value) length++;
  const hex = BigInt.asUintN(length * 8, value).toString(16);
  return Buffer.from(hex.padStart(length * 2, '0'), 'hex');
}

describe('a damaged message is refused', () => {
  const { headers, value } = encodeBatch(SAMPLE, 1);

  test('cut at any length', () => {
    for (let length = 0; length < value.length; length++)
      refused(() => decodeBatch(headers, value.subarray(0, length)));
  });

  test('cut at any length with headers that vouch for the cut: by its envelope or by its rows', () => {
    for (let length = 0; length < value.length; length++) {
      const cut = value.subarray(0, length);
      refused(() => {
        const rows = decodeRows(EVERY_KIND, decodeBatch(vouch(headers, cut), cut).rows);
        if (rows.length !== SAMPLE.recordCount)
          throw new SluiceError('SLUICE_BUS_UNDECODABLE', 'too few rows');
      });
    }
  });

  test('with any single byte changed', () => {
    for (let at = 0; at < value.length; at++) {
      for (const mask of [1, 0x80, 0xff]) {
        const changed = Buffer.from(value);
        changed[at]! ^= mask;
        refused(() => decodeBatch(headers, changed));
      }
    }
  });

  test('with any byte changed to any value it is refused or read within bounds, even when the headers vouch', () => {
    for (let at = 0; at < value.length; at++) {
      for (let byte = 0; byte < 256; byte += 5) {
        const changed = Buffer.from(value);
        changed[at] = byte;
        try {
          expect(decodeBatch(vouch(headers, changed), changed).recordCount).toBe(SAMPLE.recordCount);
        } catch (error) {
          expect(error).toMatchObject({ code: 'SLUICE_BUS_UNDECODABLE' });
        }
      }
    }
  });

  test('with any header missing, malformed or of another batch', () => {
    for (const name of Object.keys(headers)) {
      for (const wrong of [undefined, '', 'x', '-1', '1e3', '00', ' 1', '9007199254740993', '4294967296'])
        refused(() => decodeBatch({ ...headers, [name]: wrong }, value));
    }
  });

  test('empty, a tombstone, one byte or of another magic', () => {
    for (const wrong of [null, Buffer.alloc(0), Buffer.from([0]), Buffer.from([1, 0, 0, 0, 1, 0])])
      refused(() => decodeBatch(wrong === null ? headers : vouch(headers, wrong), wrong));
  });

  test('with more records or bytes than the caps, before anything is decoded', () => {
    refused(() => decodeBatch(headers, value, { maxRecords: 1, maxBytes: 1e6 }));
    refused(() => decodeBatch(headers, value, { maxRecords: 10, maxBytes: 10 }));
    refused(() => decodeBatch({ ...headers, 'sluice-records': '999999' }, value));
  });
});

/** An envelope by hand: the sample's, with one part replaced by hostile bytes. */
function hostile(
  part: 'task' | 'kind' | 'position' | 'total' | 'dirty' | 'records',
  bytes: number[],
): Buffer {
  const parts: Record<string, number[]> = {
    kind: [0],
    task: [2, 0x74],
    ids: [2, 0x67, 2, 0x72, 0, 0, 2, 2],
    position: [0],
    counts: [0, 0, 0, 0],
    total: [0],
    dirty: [0],
    records: [0],
  };
  parts[part] = bytes;
  return Buffer.from([0, 0, 0, 0, 1, ...Object.values(parts).flat()]);
}

const HUGE = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
const TWO_TO_31 = [0x80, 0x80, 0x80, 0x80, 0x10];
const TWO_TO_53 = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20];

describe('a hostile message is refused', () => {
  const base = encodeBatch(
    { ...EMPTY, task: 't', generation: 'g', run: 'r', split: 0, channel: 0, epoch: 1, seq: 1 },
    1,
  );

  test('while the same message without the hostile part is read', () => {
    const clean = hostile('kind', [0]);
    expect(clean.equals(base.value)).toBe(true);
    expect(decodeBatch(vouch(base.headers, clean), clean).task).toBe('t');
  });

  test.each([
    ['array count 2^31', 'records', TWO_TO_31],
    ['array count 2^53', 'records', TWO_TO_53],
    ['array count -2^63', 'records', HUGE],
    ['negative block with a size', 'records', [1, 2, 0, 0]],
    ['dirty count 2^31', 'dirty', TWO_TO_31],
    ['dirty count -2^63', 'dirty', HUGE],
    ['string longer than the message', 'task', [0x80, 0x80, 0x80, 0x80, 0x08]],
    ['string of negative length', 'task', [1]],
    ['union branch out of range', 'position', [4]],
    ['negative union branch', 'total', [1]],
    ['unknown enum symbol', 'kind', [8]],
    ['number longer than 64 bits', 'kind', [0x80, ...HUGE]],
    ['number of eleven bytes', 'total', [...HUGE.map((byte) => byte | 0x80), 1]],
    ['bytes behind the end', 'records', [0, 0]],
  ] as const)('%s', (_, part, bytes) => {
    const value = hostile(part, [...bytes]);
    refused(() => decodeBatch(vouch(base.headers, value), value));
  });
});
