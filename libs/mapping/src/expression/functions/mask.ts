import { apply, INT, type Place, RowFailure, STRING } from '../term.ts';
import { cutSigns, signCount } from '../../text-signs.ts';
import { specify, table, wanted, plain } from './signature.ts';

/** Texts of which only a part may be seen. None of them ever shows all of a value. */
export const MASKS = table([
  specify('mask(text, first, last, sign?)', (args, call) =>
    apply(
      call,
      STRING,
      args.map((arg, index) => wanted(arg, index === 1 || index === 2 ? INT : STRING, call)),
      (text: string, first: number, last: number, sign = '*') => masked(text, first, last, sign, call),
    ),
  ),
  plain('redactEmail(text)', [STRING], STRING, redactedEmail),
  plain('redactPhone(text)', [STRING], STRING, (text: string) => digitsButLast(text, 2)),
  plain('redactCard(text)', [STRING], STRING, (text: string) => digitsButLast(text, 4)),
]);

/** The signs between the first and the last ones are replaced, one for one; all of them where nothing would be left to hide. */
function masked(text: string, first: number, last: number, sign: string, call: Place): string {
  if (first < 0 || last < 0) throw new RowFailure('a count is negative', call);
  if (signCount(sign) !== 1) throw new RowFailure('the sign of a mask is one character', call);
  const count = signCount(text);
  const hidden = count - Number(first) - Number(last);
  if (hidden <= 0) return sign.repeat(count);
  return (
    cutSigns(text, 0, Number(first)) + sign.repeat(hidden) + cutSigns(text, count - Number(last), Infinity)
  );
}

/** The first sign of the mailbox and the domain stay: `anna@example.org` is `a***@example.org`. */
function redactedEmail(text: string): string {
  const at = text.lastIndexOf('@');
  if (at < 1 || at === text.length - 1) return '***';
  // A mailbox of one sign would be seen whole.
  const shown = signCount(text.slice(0, at)) > 1 ? cutSigns(text, 0, 1) : '';
  return `${shown}***${text.slice(at)}`;
}

/** Digits but the last ones become `*`, everything else that is no digit stays; a text with fewer digits shows none of them. */
function digitsButLast(text: string, kept: number): string {
  const digits = text.match(/\p{Nd}/gu)?.length ?? 0;
  const hidden = digits > 2 * kept ? digits - kept : digits;
  let n = 0;
  return text.replace(/\p{Nd}|\p{L}/gu, (sign) => (/\p{Nd}/u.test(sign) && ++n > hidden ? sign : '*'));
}
