import type { RowCursor } from '@sluice/connector-sdk';
import type { Column } from '@sluice/model';

/** Why a text is not taken as it is; undefined: it is. */
type Judge = (text: string) => string | undefined;

const TIME = /^\d\d:\d\d(?::\d\d(?:\.(\d{1,6}))?)?(?:Z|[+-]\d\d(?::?\d\d){0,2})?$/;

/**
 * Types whose input changes a text without a word: `name` and `"char"` cut it, `money` rounds it, `timetz` drops a date
 * and rounds. Undefined for any other type, and for a column that comes from the same type.
 */
export function oddType(column: Column, typname: string, fraction: number): Judge | undefined {
  switch (typname) {
    case 'name':
      return (text) => (Buffer.byteLength(text) > 63 ? 'A name has at most 63 bytes.' : undefined);
    case 'char':
      // A byte beyond ASCII is printed, and read again, as its three octal digits.
      return (text) => (text.length <= 1 && Buffer.byteLength(text) <= 1 ? undefined : octal(text));
    case 'money':
      if (column.nativeType === 'money') return undefined;
      return (text) =>
        /^-?\$?\d+(?:\.\d\d?0*)?$/.test(text) ? undefined : 'It is no amount of money in cents.';
    case 'timetz':
      return (text) => {
        const found = TIME.exec(text);
        if (found === null) return 'It is not a time of day alone.';
        const more = (found[1] ?? '').slice(fraction);
        return /[1-9]/.test(more) ? `The target keeps ${fraction} digits of a second.` : undefined;
      };
    default:
      return undefined;
  }
}

const octal = (text: string): string | undefined =>
  /^\\[0-7]{3}$/.test(text) ? undefined : 'The target keeps one byte.';

/** The judge over fields that are texts. */
export function judgeText(judge: Judge, refuse: (why: string) => Error): (cursor: RowCursor) => void {
  return (cursor) => {
    const why = judge(cursor.text());
    if (why !== undefined) throw refuse(why);
  };
}
