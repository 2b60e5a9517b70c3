import type { Matcher, RE2JS } from 're2js';
import { regularExpression } from '../../regular-expression.ts';
import { MAX_TEXT } from '../arithmetic.ts';
import { apply, BOOL, ExpressionError, INT, RowFailure, STRING, type Term } from '../term.ts';
import { type Call, specify, table, wanted, written } from './signature.ts';

/** Regular expressions of RE2: the time they take grows with the text and never explodes. */
export const PATTERNS = table([
  specify('matches(text, pattern)', ([text, pattern], call) => {
    const expression = compiled(pattern!, call);
    return apply(call, BOOL, [wanted(text!, STRING, call)], (value: string) => expression.test(value));
  }),
  specify('regexExtract(text, pattern, group?)', ([text, pattern, number], call) => {
    const expression = compiled(pattern!, call);
    const group = written<number>(number, expression.groupCount() > 0 ? 1 : 0, INT, call);
    if (group < 0 || group > expression.groupCount())
      throw new ExpressionError(`The pattern has groups up to ${expression.groupCount()}.`, number!);
    return apply(
      call,
      STRING,
      [wanted(text!, STRING, call)],
      (value: string) => {
        const matcher = expression.matcher(value);
        return matcher.find() ? (matcher.group(group) as string | null) : null;
      },
      { nullable: true },
    );
  }),
  specify('regexReplace(text, pattern, by)', ([text, pattern, by], call) => {
    const expression = compiled(pattern!, call);
    return apply(
      call,
      STRING,
      [wanted(text!, STRING, call), wanted(by!, STRING, call)],
      (value: string, other: string) => everyMatch(expression.matcher(value), value, other, call),
    );
  }),
]);

function compiled(pattern: Term, call: Call): RE2JS {
  const expression = regularExpression(written(pattern, '', STRING, call));
  if (typeof expression !== 'string') return expression;
  throw new ExpressionError(
    `The pattern is not one of RE2: ${expression}. (It has no look-around and no back references.)`,
    pattern,
  );
}

/** The text with every match replaced, as it stands: `$1` means nothing. */
function everyMatch(matcher: Matcher, text: string, by: string, call: Call): string {
  let whole = '';
  let at = 0;
  while (matcher.find()) {
    whole += text.slice(at, matcher.start()) + by;
    at = matcher.end();
    if (whole.length > MAX_TEXT) throw new RowFailure(`the result is longer than ${MAX_TEXT}`, call);
  }
  return whole + text.slice(at);
}
