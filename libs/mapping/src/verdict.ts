import type { Column, ColumnKind } from '@sluice/model';
import type { Verdict } from './resolved-field.ts';

interface Judgement {
  readonly verdict: Verdict;
  readonly rule: string;
}

const safe = (rule: string): Judgement => ({ verdict: 'safe', rule });
const mayLose = (rule: string): Judgement => ({ verdict: 'may-lose', rule });

const NUMBERS: ReadonlySet<ColumnKind> = new Set(['int', 'long', 'float', 'double', 'decimal']);
/** Decimal digits in front of the point that hold every value of an integer kind. */
const INTEGER_DIGITS: Readonly<Partial<Record<ColumnKind, number>>> = { boolean: 1, int: 10, long: 19 };
/** Decimal digits that every value of the kind can tell apart. */
const EXACT_DIGITS: Readonly<Partial<Record<ColumnKind, number>>> = {
  int: 9,
  long: 18,
  float: 6,
  double: 15,
};
/** Characters of the longest text of a kind. */
const TEXT_LENGTH: Readonly<Partial<Record<ColumnKind, number>>> = {
  boolean: 5,
  int: 11,
  long: 20,
  float: 15,
  double: 24,
  date: 14,
  time: 15,
  timestamp: 30,
  timestamptz: 31,
};
const UTC = 'A time without zone is taken as UTC, and an instant becomes the clock time in UTC.';
const TEMPORAL: Readonly<Record<string, Judgement>> = {
  'date>timestamp': safe('A date becomes its midnight.'),
  'date>timestamptz': safe('A date becomes its midnight in UTC.'),
  'timestamp>timestamptz': safe(UTC),
  'timestamptz>timestamp': safe(UTC),
  'timestamp>date': mayLose('Only midnight is a date; any other time of day makes its record dirty.'),
  'timestamptz>date': mayLose(
    'Only midnight in UTC is a date; any other time of day makes its record dirty.',
  ),
};

/** What becomes of the values of one column in another: by kinds, then width, precision, length and nullability. */
export function verdictOf(source: Column, target: Column): Judgement {
  const byType = judge(source, target);
  if (byType.verdict === 'impossible' || target.nullable || !source.nullable) return byType;
  const nulls = 'The target takes no nulls; a null makes its record dirty.';
  return mayLose(byType.verdict === 'safe' ? nulls : `${byType.rule} ${nulls}`);
}

function judge(source: Column, target: Column): Judgement {
  if (target.kind === 'string') return toText(source, target);
  if (source.kind === 'string') return fromText(source, target);
  const temporal = TEMPORAL[`${source.kind}>${target.kind}`];
  if (temporal) return temporal;
  const number = NUMBERS.has(source.kind) || source.kind === 'boolean';
  if (number && NUMBERS.has(target.kind)) return numeric(source, target);
  if (NUMBERS.has(source.kind) && target.kind === 'boolean') return mayLose('Only 0 and 1 are a boolean.');
  if (source.kind !== target.kind)
    return { verdict: 'impossible', rule: `No value of type ${source.kind} is a ${target.kind}.` };
  return source.kind === 'bytes' ? length(source.maxLength, target, 'bytes') : safe('The type is the same.');
}

function toText(source: Column, target: Column): Judgement {
  if (source.kind === 'bytes') return mayLose('Only bytes that are valid UTF-8 are a text.');
  const format = target.format;
  const free = format === undefined || format === 'other' || format === source.format;
  const numericText =
    format === 'numeric' && (source.kind === 'int' || source.kind === 'long' || source.kind === 'decimal');
  if (!free && !numericText) return mayLose(`The target takes only text of the form ${format}.`);
  const longest = source.kind === 'decimal' ? (source.precision ?? Infinity) + 3 : TEXT_LENGTH[source.kind];
  return length(source.kind === 'string' ? source.maxLength : longest, target, 'characters');
}

function length(longest: number | undefined, target: Column, unit: string): Judgement {
  const most = target.maxLength;
  if (most === undefined || (longest !== undefined && longest <= most)) return safe('Every value fits.');
  return mayLose(`The target takes at most ${most} ${unit}; a longer value makes its record dirty.`);
}

function fromText(source: Column, target: Column): Judgement {
  // 101 read as a decimal number would be one hundred and one.
  if (source.format === 'bits' && NUMBERS.has(target.kind))
    return { verdict: 'impossible', rule: `A string of bits is no ${target.kind}.` };
  if (target.kind === 'bytes')
    return target.maxLength === undefined
      ? safe('A text becomes its UTF-8 bytes.')
      : mayLose(`A text becomes its UTF-8 bytes; the target takes at most ${target.maxLength}.`);
  return mayLose(`A text that is not exactly a ${target.kind} makes its record dirty.`);
}

function numeric(source: Column, target: Column): Judgement {
  if (target.kind === 'decimal') return toDecimal(source, target);
  if (source.kind === target.kind) return safe('The type is the same.');
  const widens =
    source.kind === 'boolean' ||
    (source.kind === 'int' && (target.kind === 'long' || target.kind === 'double')) ||
    (source.kind === 'float' && target.kind === 'double');
  if (widens) return safe('The target type holds every value.');
  if (source.kind === 'decimal' && source.precision !== undefined && fits(source, source.precision, target))
    return safe('The target type holds every value.');
  if (target.kind === 'float' || target.kind === 'double')
    return mayLose('A number with more digits than the target can tell apart makes its record dirty.');
  return mayLose('Only whole numbers within the range of the target fit; others make their records dirty.');
}

function fits(source: Column, precision: number, target: Column): boolean {
  const whole = target.kind === 'int' || target.kind === 'long';
  // NaN and infinities of a decimal ride in its escape branch: an integer cannot hold them, but only sources without a
  // declared precision have them as ordinary values.
  return precision <= EXACT_DIGITS[target.kind]! && (!whole || (source.scale ?? 0) === 0);
}

function toDecimal(source: Column, target: Column): Judgement {
  if (target.precision === undefined) return safe('The target holds every number.');
  const scale = target.scale ?? 0;
  const room = target.precision - scale;
  const wide = `Digits beyond decimal(${target.precision},${scale}) make their record dirty; nothing is rounded.`;
  if (source.kind === 'float' || source.kind === 'double') return mayLose(wide);
  const sourceScale = source.kind === 'decimal' ? (source.scale ?? 0) : 0;
  const digits =
    source.kind === 'decimal' ? (source.precision ?? Infinity) - sourceScale : INTEGER_DIGITS[source.kind]!;
  return digits <= room && sourceScale <= scale ? safe('The target type holds every value.') : mayLose(wide);
}
