import { MAX_TEXT } from '../arithmetic.ts';
import { BOOL, INT, type Place, RowFailure, STRING, apply, type Evaluate, folded } from '../term.ts';
import { afterSigns, cutSigns, signCount } from '../../text-signs.ts';
import { oneOf, plain, specify, type FunctionSpec, table, wanted } from './signature.ts';

const S = [STRING] as const;
const SS = [STRING, STRING] as const;

/** A count or index of the expression as a JS number: texts are shorter than any that would be cut. */
const small = (value: number | bigint): number => Number(value);

export const TEXT = table([
  specify('size(value)', ([value], call) =>
    apply(call, INT, [oneOf(value!, ['string', 'bytes'], call)], (x: string | Buffer) =>
      typeof x === 'string' ? signCount(x) : x.length,
    ),
  ),
  plain('contains(text, part)', SS, BOOL, (text: string, part: string) => text.includes(part)),
  plain('startsWith(text, part)', SS, BOOL, (text: string, part: string) => text.startsWith(part)),
  plain('endsWith(text, part)', SS, BOOL, (text: string, part: string) => text.endsWith(part)),
  plain('indexOf(text, part)', SS, INT, (text: string, part: string) => position(text, text.indexOf(part))),
  plain('lastIndexOf(text, part)', SS, INT, (text: string, part: string) =>
    position(text, text.lastIndexOf(part)),
  ),
  plain(
    'substring(text, start, end?)',
    [STRING, INT, INT],
    STRING,
    (text: string, start: number, end?: number) =>
      cutSigns(text, small(start), end === undefined ? Infinity : small(end)),
  ),
  plain('left(text, count)', [STRING, INT], STRING, (text: string, count: number) =>
    cutSigns(text, 0, small(count)),
  ),
  plain('right(text, count)', [STRING, INT], STRING, (text: string, count: number) =>
    cutSigns(text, signCount(text) - small(count), Infinity),
  ),
  plain('lower(text)', S, STRING, (text: string) => text.toLowerCase()),
  plain('upper(text)', S, STRING, (text: string) => text.toUpperCase()),
  plain('lowerAscii(text)', S, STRING, (text: string) =>
    text.replace(/[A-Z]+/g, (part) => part.toLowerCase()),
  ),
  plain('upperAscii(text)', S, STRING, (text: string) =>
    text.replace(/[a-z]+/g, (part) => part.toUpperCase()),
  ),
  plain('trim(text)', S, STRING, (text: string) => text.trim()),
  plain('reverse(text)', S, STRING, (text: string) => [...text].reverse().join('')),
  specify('replace(text, part, by)', (args, call) =>
    apply(
      call,
      STRING,
      args.map((arg) => wanted(arg, STRING, call)),
      (text: string, part: string, by: string) => replaced(text, part, by, call),
    ),
  ),
  padding('padLeft(text, count, sign?)', (text, pad) => pad + text),
  padding('padRight(text, count, sign?)', (text, pad) => text + pad),
  plain('splitPart(text, separator, index)', [STRING, STRING, INT], STRING, splitPart),
  specify('concat(text, ...)', (args, call) => {
    const texts = args.map((arg) => wanted(arg, STRING, call).evaluate);
    const evaluate: Evaluate = (row) => {
      let whole = '';
      for (const text of texts) whole += (text(row) ?? '') as string;
      return bounded(whole, call);
    };
    return folded({ type: STRING, nullable: false, evaluate, start: call.start, end: call.end }, args);
  }),
]);

/** Signs in front of an offset that JS counts. */
function position(text: string, index: number): number {
  return index < 0 ? -1 : signCount(text.slice(0, index));
}

function bounded(text: string, place: Place): string {
  if (text.length > MAX_TEXT) throw new RowFailure(`the result is longer than ${MAX_TEXT}`, place);
  return text;
}

function replaced(text: string, part: string, by: string, place: Place): string {
  if (part === '' || !text.includes(part)) return text;
  const pieces = text.split(part);
  if (text.length + (pieces.length - 1) * (by.length - part.length) > MAX_TEXT)
    throw new RowFailure(`the result is longer than ${MAX_TEXT}`, place);
  return pieces.join(by);
}

function padding(usage: string, join: (text: string, pad: string) => string): FunctionSpec {
  return specify(usage, (args, call) =>
    apply(
      call,
      STRING,
      args.map((arg, index) => wanted(arg, index === 1 ? INT : STRING, call)),
      (text: string, count: number, sign = ' ') => {
        const missing = small(count) - signCount(text);
        if (missing <= 0 || sign === '') return text;
        if (missing > MAX_TEXT) throw new RowFailure(`the result is longer than ${MAX_TEXT}`, call);
        const signs = signCount(sign);
        return join(text, afterSigns(sign.repeat(Math.ceil(missing / signs)), missing));
      },
    ),
  );
}

/** The part at an index from 0; null behind the last one. */
function splitPart(text: string, separator: string, index: number): string | null {
  if (separator === '') return index === 0 ? text : null;
  let start = 0;
  for (let n = 0; n < index; n++) {
    const next = text.indexOf(separator, start);
    if (next < 0) return null;
    start = next + separator.length;
  }
  if (index < 0) return null;
  const end = text.indexOf(separator, start);
  return end < 0 ? text.slice(start) : text.slice(start, end);
}
