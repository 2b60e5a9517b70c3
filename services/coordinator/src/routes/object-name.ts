import { SluiceError } from '@sluice/model';

/** Characters that show as nothing or turn the text around them: control characters, line separators, marks of direction. */
const UNSEEN = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u;

/**
 * The name of an object as it is kept and compared: in Unicode's form NFC, so that two names that look the same are the same. Letter case
 * counts. Throws SLUICE_CFG_INVALID, at `pointer`, for one that cannot be seen or told from another.
 */
export function objectName(text: string, pointer = '/name'): string {
  const detail = fault(text);
  if (detail === undefined) return text.normalize('NFC');
  throw new SluiceError('SLUICE_CFG_INVALID', { detail, place: pointer, fields: [{ pointer, detail }] });
}

function fault(text: string): string | undefined {
  if (!text.isWellFormed()) return 'The name has half of a character.';
  if (UNSEEN.test(text)) return 'The name has a control character, a line break or a mark of direction.';
  if (text.trim() !== text) return 'The name begins or ends with a space.';
  return undefined;
}
