import { type Kind } from '../e2e/pairs.ts';
import { canonical } from './canonical.ts';
import type { EdgeType } from './edges.ts';

interface Case {
  readonly type: EdgeType;
  readonly target: Kind;
  /** Type of the target's column, as its server names it. */
  readonly into: string;
  /** Canonical texts of the value in the source and in the target. */
  readonly before: string;
  readonly after: string;
}

interface Rule {
  readonly rule: string;
  /** Whether the rule allows exactly this change. */
  readonly allows: (change: Case) => boolean;
}

const DECIMAL = /^(numeric|decimal)/i;

/** Every change of a value that is allowed. What none of them allows is silently different, and fails. */
const RULES: readonly Rule[] = [
  {
    rule: 'Only PostgreSQL keeps and shows the sign of a floating zero; no decimal and no integer has one.',
    allows: ({ type, target, into, before, after }) =>
      (type.sense === 'float' || type.sense === 'double') &&
      before === '-0' &&
      Number(after) === 0 &&
      (target !== 'postgres' || DECIMAL.test(into) || into === 'bigint' || into === 'integer'),
  },
  {
    rule: 'A number whose shortest text a 32-bit float has too becomes that float.',
    allows: ({ target, into, before, after }) => {
      // REAL of SQLite is a double.
      if (target === 'sqlite' || !/^(real|float)/.test(into)) return false;
      const [was, is] = [number(before), number(after)];
      return Math.fround(was) === is && shortFloats(is).includes(was);
    },
  },
  {
    rule: 'jsonb keeps the value, not the text: white space, order of keys and all but the last of double keys are lost.',
    allows: ({ into, before, after }) => into === 'jsonb' && jsonValue(before) === jsonValue(after),
  },
  {
    rule: 'A type for UUIDs prints them in lower case with four hyphens.',
    allows: ({ into, before, after }) =>
      into === 'uuid' && before.toLowerCase().replace(/[{}]/g, '') === after,
  },
  {
    rule: 'A text that is a number arrives as that number: its zeros at either end may differ.',
    allows: ({ type, into, before, after }) =>
      type.sense === 'text' &&
      /^(numeric|decimal|real|money)/i.test(into) &&
      /^\d+$/.test(before) &&
      canonical('decimal', Buffer.from(before)) === canonical('decimal', Buffer.from(after)),
  },
  {
    rule: 'char(n) of PostgreSQL fills a text with spaces up to its length.',
    allows: ({ target, into, before, after }) => {
      const length = /^character\((\d+)\)/.exec(into)?.[1];
      if (target !== 'postgres' || length === undefined) return false;
      return before + ' '.repeat(Math.max(0, Number(length) - [...before].length)) === after;
    },
  },
  {
    rule: 'char(n) of MariaDB does not show spaces at the end of a text.',
    allows: ({ target, into, before, after }) =>
      target === 'mysql' && into.startsWith('char(') && before.replace(/ +$/, '') === after,
  },
  {
    rule: 'A SET keeps its members in the order of its declaration.',
    allows: ({ target, into, before, after }) =>
      target === 'mysql' &&
      into.startsWith('set(') &&
      before.split(',').toSorted().join() === after.split(',').toSorted().join(),
  },
  {
    rule: 'binary(n) fills with zero bytes up to its length.',
    allows: ({ into, before, after }) => {
      const length = Number(/^binary\((\d+)\)/.exec(into)?.[1] ?? 0);
      return length * 2 > before.length && before.padEnd(length * 2, '0') === after;
    },
  },
  {
    rule: 'bit(n) of MariaDB fills a shorter string of bits with zeros in front.',
    allows: ({ target, into, before, after }) => {
      const length = Number(/^bit\((\d+)\)/.exec(into)?.[1] ?? 0);
      return target === 'mysql' && length > before.length && before.padStart(length, '0') === after;
    },
  },
];

/** The documented rule that turns one value into the other; undefined: there is none. */
export function ruleFor(change: Case): string | undefined {
  return RULES.find(({ allows }) => allows(change))?.rule;
}

/** Number of a canonical decimal or double. */
const number = (text: string): number => Number(text);

/** The doubles that the texts of a float with one to nine digits stand for, as far as they are this float. */
function shortFloats(float: number): number[] {
  return Array.from({ length: 9 }, (_, n) => Number(float.toPrecision(n + 1))).filter(
    (near) => Math.fround(near) === float,
  );
}

/** The value of a JSON text, with exact numbers, sorted keys and the last of double keys. */
function jsonValue(text: string): string {
  const keep = (_key: string, value: unknown, context: { source?: string }): unknown => {
    if (typeof value === 'number') return { number: canonical('decimal', Buffer.from(context.source ?? '')) };
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  };
  return JSON.stringify((JSON.parse as (text: string, reviver: typeof keep) => unknown)(text, keep));
}
