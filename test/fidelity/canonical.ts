import { isUtf8 } from 'node:buffer';
import type { Sense } from './edges.ts';

/**
 * The canonical text of a value as a server printed it: equal for two values exactly when they are the same value in the
 * given sense. What is not of the expected form stays as it is printed, and so equals nothing else.
 */
export function canonical(sense: Sense, printed: Buffer): string {
  if (sense === 'bytes') return printed.toString('hex');
  if (!isUtf8(printed)) return `no UTF-8: ${printed.toString('hex')}`;
  const text = printed.toString('utf8');
  switch (sense) {
    case 'text':
      return text;
    case 'padded':
      return text.replace(/ +$/, '');
    case 'boolean':
      return { t: 'true', f: 'false', 1: 'true', 0: 'false' }[text] ?? text;
    case 'integer':
      // A whole binary number in its shortest text stands for all of its digits.
      return /^-?\d+(\.\d+)?e\+?\d+$/i.test(text) ? number(String(BigInt(Number(text)))) : number(text);
    case 'decimal':
      return number(text);
    case 'double':
      return floating(text, (value) => value);
    case 'float':
      return floating(text, Math.fround);
    case 'date':
      return date(text).replace(/[ T]00:00:00(\.0+)?(\+00|Z)?$/, '');
    case 'time':
      return text.replace(
        /^(-?\d+:\d\d:\d\d)(?:\.(\d+))?(?:\+00)?$/,
        (_, clock: string, digits = '') => clock + micros(digits),
      );
    case 'timestamp':
    case 'timestamptz':
      return instant(text);
  }
}

function number(text: string): string {
  const named = { t: '1', f: '0', true: '1', false: '0', Inf: 'Infinity', '-Inf': '-Infinity' }[text];
  // Money with its sign, and commas between thousands.
  return decimal(named ?? (/^-?\$[\d,]+\.\d\d$/.test(text) ? text.replace(/[$,]/g, '') : text));
}

/** Digits and exponent without zeros that mean nothing. */
function decimal(text: string): string {
  const found = /^([+-]?)(\d+)(?:\.(\d*))?(?:e([+-]?\d+))?$/i.exec(text);
  if (found === null) return text;
  const fraction = found[3] ?? '';
  const all = (found[2]! + fraction).replace(/^0+/, '');
  const digits = all.replace(/0+$/, '');
  const exponent = Number(found[4] ?? 0) - fraction.length + all.length - digits.length;
  return digits === '' ? '0' : `${found[1] === '-' ? '-' : ''}${digits}e${exponent}`;
}

function floating(text: string, narrow: (value: number) => number): string {
  const named = { Inf: Infinity, '-Inf': -Infinity, Infinity, '-Infinity': -Infinity, NaN: Number.NaN }[text];
  const value = named ?? (text.trim() === '' ? Number.NaN : Number(text));
  if (Number.isNaN(value) && text !== 'NaN') return text;
  const narrowed = narrow(value);
  return Object.is(narrowed, -0) ? '-0' : String(narrowed);
}

const micros = (digits: string): string => `.${digits.padEnd(6, '0')}`;

/** Years before 1 as astronomers count them: 1 BC is 0000. */
function date(text: string): string {
  const found = /^(\d+)-(.*) BC$/.exec(text);
  if (found === null) return text;
  const year = 1 - Number(found[1]);
  return `${year < 0 ? '-' : ''}${String(Math.abs(year)).padStart(4, '0')}-${found[2]}`;
}

function instant(text: string): string {
  const found = /^(-?\d{4,}-\d\d-\d\d)(?:[ T](\d\d:\d\d)(:\d\d)?(?:\.(\d+))?)?(Z|[+-]\d\d(?::?\d\d)?)?$/.exec(
    date(text),
  );
  if (found === null) return text;
  const [, day, clock = '00:00', seconds = ':00', digits = '', zone = 'Z'] = found;
  if (zone === 'Z' || /^[+-]00(:?00)?$/.test(zone)) return `${day}T${clock}${seconds}${micros(digits)}`;
  const utc = new Date(`${day}T${clock}${seconds}${zone.length === 3 ? `${zone}:00` : zone}`);
  return `${utc.toISOString().slice(0, 19)}${micros(digits)}`;
}
