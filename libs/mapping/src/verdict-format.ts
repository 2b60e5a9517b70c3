import type { Column } from '@sluice/model';
import { formatProblem, isFormatted } from './cast-format.ts';
import type { CastType } from './cast-type.ts';
import type { Verdict } from './resolved-field.ts';
import { verdictOf } from './verdict.ts';

interface Judgement {
  readonly verdict: Verdict;
  readonly rule: string;
}

/** What becomes of the values of a column in a cast that is asked for, with its format and zone. */
export function castVerdict(source: Column, target: Column, cast: CastType): Judgement {
  if (!isFormatted(cast)) return verdictOf(source, target);
  const problem = formatProblem(source, cast);
  if (problem !== undefined) return { verdict: 'impossible', rule: `The cast ${problem}.` };
  const { pattern: format, zone = 'UTC' } = cast;
  if (format !== undefined && source.kind !== 'string')
    return {
      verdict: 'may-lose',
      rule: `A time is written as ${format}${inZone(source, zone)}; what that leaves out is lost.`,
    };
  const read =
    format === undefined ? '' : `A text that is not exactly of the form ${format} makes its record dirty.`;
  const rules = [read, zoneRule(source, cast, zone)].filter((rule) => rule !== '');
  const verdict = rules.length === 1 && rules[0] === SHOWN(zone) ? 'safe' : 'may-lose';
  return { verdict, rule: rules.join(' ') };
}

const SHOWN = (zone: string): string => `An instant becomes the clock time in ${zone}.`;

const inZone = (source: Column, zone: string): string =>
  source.kind === 'timestamptz' ? `, by the clocks in ${zone}` : '';

function zoneRule(source: Column, { kind, pattern: format }: CastType, zone: string): string {
  if (kind === 'timestamptz')
    return `A clock time without an offset is of ${zone}: one that clocks skip makes its record dirty, of one that they show twice the earlier is taken.`;
  if (kind === 'timestamp' && source.kind === 'string')
    return format?.includes('X') === true ? SHOWN(zone) : 'The clock time stays as it is written.';
  if (kind === 'timestamp') return SHOWN(zone);
  if (kind === 'date' && source.kind === 'timestamptz')
    return `Only midnight in ${zone} is a date; any other time of day makes its record dirty.`;
  return '';
}
