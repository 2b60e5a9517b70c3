import fc from 'fast-check';
import { RowBatchBuilder, RowCursor } from '@sluice/connector-sdk';
import type { CastSpec, Column, RowSchema } from '@sluice/model';
import { decodeRows } from '@sluice/wire';
import { build, type RawField } from '@sluice/wire/row-arbitrary';
import { describe, expect, test } from 'vitest';
import { compileCast } from './cast.ts';
import { columnType, parseCast } from './cast-type.ts';
import { clockOf, dateOfDays, daysOfDate } from './clock-fields.ts';
import { integer } from './integer.ts';
import { timePattern } from './time-pattern.ts';
import { clockTime, instantOf, timeZone } from './time-zone.ts';
import { castVerdict } from './verdict-format.ts';

const column = (type: string): Column => ({ name: 'c', nullable: true, ...columnType(parseCast(type)!) });

function outcome(from: string, cast: CastSpec, raw: unknown): unknown {
  const source = column(from);
  const schema: RowSchema = { name: 't', key: [], columns: [source] };
  const type = parseCast(cast)!;
  const compiled = compileCast(source, type);
  if (compiled === undefined) return 'impossible';
  const field: RawField = typeof raw === 'object' ? (raw as RawField) : { value: raw };
  const cursor = new RowCursor(schema, build(schema, [[field]]));
  const builder = new RowBatchBuilder(64);
  cursor.field();
  const reason = compiled(cursor, builder);
  if (typeof reason === 'string') return { dirty: reason };
  builder.endRow();
  return decodeRows({ ...schema, columns: [{ ...column(cast.to) }] }, builder.take().rows)[0]![0];
}

const dirty = (reason: string): object => ({ dirty: expect.stringContaining(reason) });
const SHANGHAI = 'Asia/Shanghai';
const NEW_YORK = 'America/New_York';

describe('a cast with a format and a zone', () => {
  test.each([
    [
      'string',
      { to: 'timestamp', format: 'yyyy/MM/dd HH:mm', zone: SHANGHAI },
      '2024/01/31 08:30',
      '2024-01-31T08:30:00',
    ],
    [
      'string',
      { to: 'timestamptz', format: 'yyyy/MM/dd HH:mm', zone: SHANGHAI },
      '2024/01/31 08:30',
      '2024-01-31T00:30:00Z',
    ],
    ['string', { to: 'timestamptz', format: 'yyyy/MM/dd HH:mm' }, '2024/01/31 08:30', '2024-01-31T08:30:00Z'],
    [
      'string',
      { to: 'timestamptz', format: 'yyyy-MM-dd HH:mm XXX', zone: SHANGHAI },
      '2024-01-31 08:30 -05:00',
      '2024-01-31T13:30:00Z',
    ],
    [
      'string',
      { to: 'timestamp', format: 'yyyy-MM-dd HH:mm X', zone: SHANGHAI },
      '2024-01-31 08:30 Z',
      '2024-01-31T16:30:00',
    ],
    [
      'string',
      { to: 'timestamp', format: 'yyyyMMddHHmmssSSS' },
      '20240131083059123',
      '2024-01-31T08:30:59.123',
    ],
    [
      'string',
      { to: 'timestamp', format: "dd MMM yyyy 'at' h:mm a" },
      '31 jan 2024 at 12:05 AM',
      '2024-01-31T00:05:00',
    ],
    ['string', { to: 'timestamp', format: 'yyyy-MM-dd' }, '2024-01-31', '2024-01-31T00:00:00'],
    [
      'string',
      { to: 'timestamp', format: 'yyyy-MM-dd HH:mm:ss.SSSSSSSSS' },
      '2024-01-31 00:00:00.123456000',
      '2024-01-31T00:00:00.123456',
    ],
    ['string', { to: 'date', format: 'd.M.yy' }, '1.2.24', '2024-02-01'],
    ['string', { to: 'date', format: 'yyyyMMdd HHmm' }, '20240131 0000', '2024-01-31'],
    ['string', { to: 'time', format: 'HHmm' }, '2359', '23:59:00'],
    ['string', { to: 'timestamptz', zone: SHANGHAI }, '2024-01-31 08:00:00', '2024-01-31T00:00:00Z'],
    ['string', { to: 'timestamptz', zone: SHANGHAI }, '2024-01-31 08:00:00Z', '2024-01-31T08:00:00Z'],
    ['timestamp', { to: 'timestamptz', zone: NEW_YORK }, 0n, '1970-01-01T05:00:00Z'],
    ['timestamptz', { to: 'timestamp', zone: NEW_YORK }, 0n, '1969-12-31T19:00:00'],
    ['date', { to: 'timestamptz', zone: SHANGHAI }, 0, '1969-12-31T16:00:00Z'],
    ['timestamptz', { to: 'date', zone: SHANGHAI }, -28_800_000_000n, '1970-01-01'],
    [
      'timestamptz',
      { to: 'string', format: 'dd.MM.yyyy HH:mm:ss', zone: SHANGHAI },
      999_999n,
      '01.01.1970 08:00:00',
    ],
    ['timestamptz', { to: 'string', format: 'HH:mm XXX', zone: NEW_YORK }, 0n, '19:00 -05:00'],
    ['timestamp', { to: 'string', format: 'yyyyMMdd' }, 1n, '19700101'],
    ['date', { to: 'string', format: 'MMM d, yyyy' }, -1, 'Dec 31, 1969'],
    ['time', { to: 'string', format: 'h:mm:ss.SSS a' }, 46_800_000_999, '1:00:00.000 PM'],
    ['timestamp', { to: 'timestamptz', zone: SHANGHAI }, { text: 'infinity' }, 'infinity'],
  ] as const)('%s to %j: %s is %s', (from, cast, raw, wanted) => {
    expect(outcome(from, cast, raw)).toBe(wanted);
  });

  test.each([
    ['string', { to: 'timestamp', format: 'yyyy/MM/dd HH:mm' }, '2024-01-31 08:30', 'is not of the form'],
    ['string', { to: 'timestamp', format: 'yyyy/MM/dd HH:mm' }, '2024/01/31 08:30 ', 'is not of the form'],
    ['string', { to: 'timestamp', format: 'yyyy/MM/dd HH:mm' }, '2024/02/30 08:30', 'is not of the form'],
    ['string', { to: 'timestamp', format: 'yyyy/MM/dd HH:mm' }, '2024/01/31 24:00', 'is not of the form'],
    [
      'string',
      { to: 'timestamp', format: 'yyyy-MM-dd HH:mm:ss.SSSSSSSSS' },
      '2024-01-31 00:00:00.123456001',
      'is not of the form',
    ],
    ['string', { to: 'date', format: 'yyyyMMdd HHmm' }, '20240131 0001', 'time of day'],
    [
      'string',
      { to: 'timestamptz', format: 'yyyy/MM/dd HH:mm', zone: NEW_YORK },
      '2024/03/10 02:30',
      'never show',
    ],
    ['timestamptz', { to: 'date', zone: SHANGHAI }, 0n, 'time of day'],
    ['timestamptz', { to: 'string', format: 'yyyy' }, 2n ** 63n - 1n, 'no room'],
    ['date', { to: 'string', format: 'yy' }, -1, 'no room'],
    ['date', { to: 'string', format: 'yyyy' }, { text: 'infinity' }, 'is no time'],
    ['date', { to: 'timestamptz', zone: SHANGHAI }, { text: '0000-00-00' }, 'is not a timestamptz'],
    ['timestamp', { to: 'timestamptz', zone: SHANGHAI }, 2n ** 63n - 1n, 'never show'],
  ] as const)('%s to %j: %s is dirty, %s', (from, cast, raw, reason) => {
    expect(outcome(from, cast, raw)).toEqual(dirty(reason));
  });

  test.each([
    ['long', { to: 'timestamp', format: 'yyyy' }, 'has a format, which is for a text'],
    ['string', { to: 'long', format: 'yyyy-MM-dd' }, 'has a format'],
    ['long', { to: 'string', zone: SHANGHAI }, 'has a zone, which says nothing'],
    ['string', { to: 'timestamp', zone: SHANGHAI }, 'has a zone, which says nothing'],
    ['string', { to: 'timestamptz', zone: 'Asia/Nowhere' }, 'does not exist'],
    ['string', { to: 'date', format: 'yyyy-MM' }, 'not all of y, M and d'],
    ['string', { to: 'date', format: 'yyyy-MM-dd X' }, 'offset says nothing'],
    ['string', { to: 'time', format: 'yyyy-MM-dd HH:mm' }, 'not that of a time'],
    ['date', { to: 'string', format: 'yyyy HH' }, 'parts that a date does not have'],
    ['timestamp', { to: 'string', format: 'yyyy', zone: SHANGHAI }, 'has a zone'],
    ['string', { to: 'timestamp', format: 'YYYY-mm-dd' }, 'has the letter Y'],
    ['string', { to: 'timestamp', format: 'yyyyMd' }, 'without a fixed length'],
    ['string', { to: 'timestamp', format: "yyyy'" }, 'opening quote'],
    ['string', { to: 'timestamp', format: 'yyy-MM-dd' }, 'has y 3 times'],
    ['string', { to: 'timestamp', format: 'yyyy-MM-dd HH yyyy' }, 'names y twice'],
    ['string', { to: 'timestamp', format: 'yyyy-MM-dd hh:mm' }, 'h or a without'],
  ] as const)('%s to %j is impossible: %s', (from, cast, rule) => {
    const type = parseCast(cast)!;
    expect(compileCast(column(from), type)).toBeUndefined();
    expect(castVerdict(column(from), column(cast.to), type)).toEqual({
      verdict: 'impossible',
      rule: expect.stringContaining(rule),
    });
  });

  test.each([
    ['timestamptz', { to: 'timestamp', zone: SHANGHAI }, 'safe', 'the clock time in Asia/Shanghai'],
    ['timestamp', { to: 'timestamptz', zone: SHANGHAI }, 'may-lose', 'one that clocks skip'],
    [
      'string',
      { to: 'timestamp', format: 'yyyy-MM-dd', zone: SHANGHAI },
      'may-lose',
      'stays as it is written',
    ],
    ['string', { to: 'timestamptz', format: 'yyyy-MM-dd' }, 'may-lose', 'is of UTC'],
    ['timestamptz', { to: 'string', format: 'HH:mm' }, 'may-lose', 'what that leaves out is lost'],
    ['timestamptz', { to: 'date', zone: SHANGHAI }, 'may-lose', 'Only midnight in Asia/Shanghai'],
  ] as const)('%s to %j is %s by its rule', (from, cast, verdict, rule) => {
    expect(castVerdict(column(from), column(cast.to), parseCast(cast)!)).toEqual({
      verdict,
      rule: expect.stringContaining(rule),
    });
  });
});

describe('patterns and zones', () => {
  test('what a pattern writes it reads back', () => {
    const patterns = [
      'yyyy-MM-dd HH:mm:ss.SSSSSS',
      "d/M/yyyy 'o''clock' H:m:s.SSSSSS",
      'MMMM d, yyyy hh:mm:ss.SSSSSS a',
      'yyyyMMddHHmmssSSSSSSXX',
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...patterns),
        fc.bigInt({ min: -62_167_219_200_000_000n, max: 253_402_300_799_999_999n }).map(integer),
        fc.integer({ min: -18 * 60, max: 18 * 60 }),
        (text, local, minutes) => {
          const pattern = timePattern(text);
          if (typeof pattern === 'string') throw new Error(pattern);
          const written = pattern.format(local, minutes * 60)!;
          const offset = pattern.hasOffset ? { offset: minutes * 60 } : {};
          expect(pattern.parse(written)).toEqual({ local, ...offset });
        },
      ),
    );
  });

  test('the fields of a day are those of the calendar', () => {
    fc.assert(
      fc.property(fc.integer({ min: -100_000_000, max: 100_000_000 }), (days) => {
        const { year, month, day } = dateOfDays(days);
        expect(daysOfDate(year, month, day)).toBe(days);
        const date = new Date(days * 86_400_000);
        expect([year, month, day]).toEqual([
          date.getUTCFullYear(),
          date.getUTCMonth() + 1,
          date.getUTCDate(),
        ]);
        expect(clockOf(integer(BigInt(days) * 86_400_000_000n + 1n))).toMatchObject({
          year,
          month,
          day,
          hour: 0,
          micros: 1,
        });
      }),
    );
  });

  test('an instant comes back from its clock time, or the earlier one of two', () => {
    const names = [
      'Asia/Shanghai',
      'America/New_York',
      'Europe/Berlin',
      'Australia/Lord_Howe',
      'Africa/Monrovia',
      'Pacific/Apia',
      'UTC',
      '+05:45',
      'GMT-3',
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.integer({ min: -3_000_000_000, max: 4_000_000_000 }).map((seconds) => seconds * 1_000_000),
        (name, instant) => {
          const zone = timeZone(name)!;
          const back = instantOf(zone, clockTime(zone, instant)!);
          expect(back).toBeDefined();
          expect(clockTime(zone, back!)).toBe(clockTime(zone, instant));
          expect(back! <= instant).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });

  test.each([
    ['Asia/Shanghai', '1900-12-31T15:54:16Z', 8 * 3600 + 343],
    ['Africa/Monrovia', '1972-01-07T00:44:29Z', -2670],
    ['Africa/Monrovia', '1972-01-07T00:44:30Z', 0],
    ['Europe/Berlin', '2024-03-31T00:59:59Z', 3600],
    ['Europe/Berlin', '2024-03-31T01:00:00Z', 7200],
    ['Pacific/Apia', '2011-12-30T10:00:00Z', 14 * 3600],
  ])('clocks in %s at %s are %i seconds ahead', (name, at, offset) => {
    expect(timeZone(name)!.offsetAt(Date.parse(at) * 1000)).toBe(offset);
  });

  test.each(['Mars/Olympus', '+25:00', '', 'UTC+', '+8:99', 'GMT+19'])('%j is no zone', (name) =>
    expect(timeZone(name)).toBeUndefined(),
  );
});
