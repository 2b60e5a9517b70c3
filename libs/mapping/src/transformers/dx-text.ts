import { createHash } from 'node:crypto';
import { MAX_TEXT } from '../expression/arithmetic.ts';

/** What makes a row dirty, in words that follow the transformer's name. */
export class TransformFailure extends Error {}

/** Makes the new text of a column, from its present one. */
export type TextChange = (text: string | null) => string | null;

/** A transformer that takes these parameters; a text says what is wrong with them. */
export type TextTransformer = (paras: readonly string[]) => TextChange | string;

const WHOLE = /^[+-]?\d{1,10}$/;

/** Texts are cut by UTF-16 units, as Java does; half of a sign is no text, so that a row which would get one is dirty. */
function cut(text: string, start: number, end: number): string {
  const part = text.slice(start, end);
  if (!part.isWellFormed()) throw new TransformFailure('would cut a character in two');
  return part;
}

export const substr: TextTransformer = (paras) => {
  const [start, length] = [whole(paras[0]), whole(paras[1])];
  if (paras.length !== 2 || start === undefined || length === undefined)
    return 'takes two whole numbers: start and length';
  return (text) => {
    if (text === null) return null;
    if (start < 0 || length < 0) throw new TransformFailure('has a negative start or length');
    if (start > text.length) throw new TransformFailure('starts behind the end of the text');
    return cut(text, start, start + length);
  };
};

export const pad: TextTransformer = (paras) => {
  const [side, , filling] = paras;
  const length = whole(paras[1]);
  if (paras.length !== 3 || length === undefined || filling === undefined)
    return 'takes l or r, a length, and the text to pad with';
  if (filling === '') return 'needs a text to pad with';
  if (length > MAX_TEXT) return `pads to at most ${MAX_TEXT} characters`;
  return (text) => {
    const isLeft = side!.toLowerCase() === 'l';
    if (!isLeft && side!.toLowerCase() !== 'r') throw new TransformFailure('pads on the side l or r only');
    if (length < 0) throw new TransformFailure('has a negative length');
    const found = text ?? '';
    if (length <= found.length) return cut(found, 0, length);
    const missing = length - found.length;
    const padding = cut(filling.repeat(Math.ceil(missing / filling.length)), 0, missing);
    return isLeft ? padding + found : found + padding;
  };
};

export const replace: TextTransformer = (paras) => {
  const [start, length] = [whole(paras[0]), whole(paras[1])];
  const by = paras[2];
  if (paras.length !== 3 || start === undefined || length === undefined || by === undefined)
    return 'takes two whole numbers, start and length, and the new text';
  return (text) => {
    if (text === null) return null;
    if (start < 0 || length < 0) throw new TransformFailure('has a negative start or length');
    if (start > text.length) throw new TransformFailure('starts behind the end of the text');
    return cut(text, 0, start) + by + cut(text, start + length, text.length);
  };
};

export const digest: TextTransformer = (paras) => {
  const [name = '', letters = ''] = paras;
  const isKnown = ['md5', 'sha1'].includes(name.toLowerCase());
  const isCase = ['touppercase', 'tolowercase'].includes(letters.toLowerCase());
  if (paras.length !== 2 || !isKnown || !isCase) return 'takes md5 or sha1, and toUpperCase or toLowerCase';
  // DataX takes the names in any case and then looks for these very ones.
  const algorithm = name === 'md5' ? 'md5' : 'sha1';
  const isUpper = letters === 'toUpperCase';
  return (text) => {
    const hex = createHash(algorithm)
      .update(text ?? '')
      .digest('hex');
    return isUpper ? hex.toUpperCase() : hex;
  };
};

function whole(text: string | undefined): number | undefined {
  const value = text !== undefined && WHOLE.test(text) ? Number(text) : undefined;
  return value !== undefined && (value | 0) === value ? value : undefined;
}
