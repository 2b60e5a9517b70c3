import type { Place } from './term.ts';

/** Characters of a part that are shown. */
const SHOWN = 60;

/** `in a / (b - 1) at character 7`: a part of an expression and where it begins, for people. */
export function placeText(expression: string, place: Place): string {
  const { start, end } = withBrackets(expression, place);
  const part = expression.slice(start, end).trim();
  const shown = part.length > SHOWN ? `${part.slice(0, SHOWN - 3)}...` : part;
  const lines = expression.slice(0, start).split('\n');
  const column = lines.at(-1)!.length + 1;
  const where = lines.length === 1 ? `character ${column}` : `line ${lines.length}, character ${column}`;
  return shown === '' ? `at ${where}` : `in ${shown} at ${where}`;
}

/** The grammar leaves the outer brackets of an operand out: they are taken in, so that what is shown can be read. */
function withBrackets(expression: string, { start, end }: Place): Place {
  let [from, to] = [start, end];
  let depth = 0;
  let least = 0;
  for (let at = start; at < end; at++) {
    if (expression[at] === '(') depth++;
    if (expression[at] === ')') least = Math.min(least, --depth);
  }
  for (let missing = -least; missing > 0 && from > 0;) if (expression[--from] === '(') missing--;
  for (let missing = depth - least; missing > 0 && to < expression.length;)
    if (expression[to++] === ')') missing--;
  return { start: from, end: to };
}
