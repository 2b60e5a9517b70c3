import type { Parameters } from '@sluice/connector-sdk';
import { SluiceError } from '@sluice/model';

/** How fields are told apart: what reader and writer share. */
export interface Dialect {
  /** UTF-8 of what lies between fields: one character or more. */
  readonly delimiter: Buffer;
  /** The byte around quoted fields; -1: none. */
  readonly quote: number;
  /** The byte before a quote within quotes (usually the quote itself); -1: none. */
  readonly escape: number;
  /** UTF-8 of the unquoted text that means null; undefined: none does. */
  readonly nullText: Buffer | undefined;
}

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', 0: '\0', '\\': '\\' };

/** Reads the parameters. Throws SLUICE_CFG_INVALID for ones that cannot be told apart. */
export function dialectOf(parameters: Parameters): Dialect {
  const delimiter = unescaped(String(parameters['delimiter'] ?? ','));
  const quote = byteOf(parameters['quote'] ?? '"', 'quote');
  const escape = byteOf(parameters['escape'] ?? parameters['quote'] ?? '"', 'escape');
  const nullText = parameters['nullText'] ?? '';
  const refuse = (detail: string, place: string): SluiceError =>
    new SluiceError('SLUICE_CFG_INVALID', { detail, place: `/${place}` });
  if (delimiter === '' || /[\r\n]/.test(delimiter))
    throw refuse('The delimiter is one character or more, without line ends.', 'delimiter');
  const bytes = Buffer.from(delimiter);
  for (const mark of [quote, escape])
    if (mark >= 0 && bytes.includes(mark)) throw refuse('Quote, escape and delimiter must differ.', 'quote');
  if (typeof nullText === 'string' && /[\r\n]/.test(nullText))
    throw refuse('The text for null has no line ends.', 'nullText');
  return {
    delimiter: bytes,
    quote,
    escape,
    nullText: typeof nullText === 'string' ? Buffer.from(nullText) : undefined,
  };
}

/** `\t` and the like as people write them in parameters. */
function unescaped(text: string): string {
  return text.replace(/\\([tnr0\\])|\\u([0-9a-fA-F]{4})/g, (_, letter: string | undefined, code: string) =>
    letter === undefined ? String.fromCharCode(parseInt(code, 16)) : ESCAPES[letter]!,
  );
}

function byteOf(value: unknown, place: string): number {
  const text = unescaped(String(value));
  if (text === '') return -1;
  const code = text.charCodeAt(0);
  if (text.length !== 1 || code > 0x7e || text === '\n' || text === '\r')
    throw new SluiceError('SLUICE_CFG_INVALID', {
      detail: `The ${place} is one ASCII character, or empty for none.`,
      place: `/${place}`,
    });
  return code;
}
