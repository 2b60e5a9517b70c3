import { trimmed } from '../syntax/json-text.ts';
import type { Json } from '../syntax/node.ts';

/** A value that does not fit. */
export class Misfit {
  readonly cause: string;
  readonly code: 'SCRIPT_TYPE' | 'SCRIPT_RANGE';

  constructor(cause: string, code: Misfit['code'] = 'SCRIPT_TYPE') {
    this.cause = cause;
    this.code = code;
  }
}

/** Between a value of a script and one of ours. Reading is tolerant; undefined: the key is there and says nothing. */
export interface Conversion {
  readonly takes: string;
  read(value: Json): Json | undefined | Misfit;
  write(value: Json): Json;
}

const same = (value: Json): Json => value;

/** One value, also as a list of one; blanks only and null say nothing. */
function single(value: Json): Json | undefined | Misfit {
  if (!Array.isArray(value))
    return value === null || (typeof value === 'string' && trimmed(value) === '') ? undefined : value;
  if (value.length > 1) return new Misfit('One value is expected, and a list of several stands there.');
  return value.length === 0 ? undefined : single(value[0] as Json);
}

/** Reads one value and hands it on when there is one. */
const scalar =
  (body: (value: Json) => Json | undefined | Misfit) =>
  (value: Json): Json | undefined | Misfit => {
    const found = single(value);
    return found === undefined || found instanceof Misfit ? found : body(found);
  };

export const TEXT: Conversion = {
  takes: 'a text',
  read: scalar((value) => (typeof value === 'object' ? new Misfit('A text is expected.') : String(value))),
  write: same,
};

/** A text whose blanks count: a delimiter may be one. */
export const VERBATIM: Conversion = {
  takes: 'a text',
  read: (value) => {
    const one = Array.isArray(value) && value.length === 1 ? (value[0] as Json) : value;
    if (one === null) return undefined;
    return typeof one === 'object' ? new Misfit('A text is expected.') : String(one);
  },
  write: same,
};

export const TEXTS: Conversion = {
  takes: 'a list of texts',
  read: (value) => {
    const items = Array.isArray(value) ? (value as readonly Json[]) : [value];
    const texts: string[] = [];
    for (const item of items) {
      if (item === null) continue;
      if (typeof item === 'object') return new Misfit('A list of texts is expected.');
      if (trimmed(String(item)) !== '') texts.push(String(item));
    }
    return texts.length === 0 ? undefined : texts;
  },
  write: same,
};

/** A whole number between the limits, also as a text. */
export function whole(minimum: number, maximum = Number.MAX_SAFE_INTEGER): Conversion {
  return {
    takes: 'a whole number',
    read: scalar((value) => {
      const number = typeof value === 'string' && trimmed(value) !== '' ? Number(trimmed(value)) : value;
      if (typeof number !== 'number' || !Number.isSafeInteger(number))
        return new Misfit(`A whole number is expected, and ${shown(value)} stands there.`);
      if (number < minimum || number > maximum)
        return new Misfit(
          maximum === Number.MAX_SAFE_INTEGER
            ? `It must be at least ${minimum}, and is ${number}.`
            : `It must be from ${minimum} to ${maximum}, and is ${number}.`,
          'SCRIPT_RANGE',
        );
      return number;
    }),
    write: same,
  };
}

/** A part of a whole, from 0 to 1. */
export const SHARE: Conversion = {
  takes: 'a number from 0 to 1',
  read: scalar((value) => {
    const number = typeof value === 'string' ? Number(trimmed(value)) : value;
    if (typeof number !== 'number' || Number.isNaN(number))
      return new Misfit(`A number is expected, and ${shown(value)} stands there.`);
    return number >= 0 && number <= 1
      ? number
      : new Misfit(`It must be from 0 to 1, and is ${number}.`, 'SCRIPT_RANGE');
  }),
  write: same,
};

export const FLAG: Conversion = {
  takes: 'true or false',
  read: scalar((value) => {
    const text = trimmed(String(value)).toLowerCase();
    if (text === 'true' || text === '1') return true;
    if (text === 'false' || text === '0') return false;
    return new Misfit(`true or false is expected, and ${shown(value)} stands there.`);
  }),
  write: same,
};

/** Words of a script with ours; in any case. Ours are written back as the first word that means them. */
export function words(table: Readonly<Record<string, string>>): Conversion {
  const known = Object.keys(table);
  return {
    takes: known.join(', '),
    read: scalar((value) => {
      const text = trimmed(String(value)).toLowerCase();
      const found = known.find((word) => word.toLowerCase() === text);
      return found === undefined
        ? new Misfit(`It must be one of ${known.join(', ')}, and is ${shown(value)}.`, 'SCRIPT_RANGE')
        : table[found]!;
    }),
    write: (value) => known.find((word) => table[word] === value) ?? value,
  };
}

/** Mebibytes as bytes. */
export const MEBIBYTES: Conversion = {
  takes: 'a number of MB',
  read: (value) => {
    const found = whole(1, 1e9).read(value);
    return typeof found === 'number' ? found * 2 ** 20 : found;
  },
  write: (value) => Math.ceil(Number(value) / 2 ** 20),
};

/** Other names of encodings; of GB 2312 all signs are in GBK, of ASCII in UTF-8. */
const ENCODINGS: ReadonlyMap<string, string> = new Map([
  ['utf8', 'utf-8'],
  ['utf_8', 'utf-8'],
  ['ascii', 'utf-8'],
  ['us-ascii', 'utf-8'],
  ['utf16', 'utf-16'],
  ['gb2312', 'gbk'],
  ['iso-8859-1', 'latin1'],
  ['iso8859-1', 'latin1'],
  ['cp1252', 'windows-1252'],
  ['sjis', 'shift_jis'],
  ['euc_kr', 'euc-kr'],
]);

/** Names of encodings as we write them. */
export const ENCODING: Conversion = {
  takes: 'a text',
  read: scalar((value) => {
    if (typeof value === 'object') return new Misfit('A text is expected.');
    const name = trimmed(String(value)).toLowerCase();
    return ENCODINGS.get(name) ?? name;
  }),
  write: same,
};

function shown(value: Json): string {
  const text = JSON.stringify(value);
  return text.length <= 40 ? text : `${text.slice(0, 40)}...`;
}
