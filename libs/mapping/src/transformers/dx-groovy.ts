import type { Column } from '@sluice/model';

/** Calls that scripts make, and the function of expressions that does the same. */
const CALLS: readonly (readonly [
  call: RegExp,
  instead: (column: string, match: RegExpExecArray) => string,
])[] = [
  [/\.substring\(\s*(\d+)\s*,\s*(\d+)\s*\)/, (c, m) => `substring(${c}, ${m[1]}, ${m[2]})`],
  [/\.substring\(\s*(\d+)\s*\)/, (c, m) => `substring(${c}, ${m[1]})`],
  [/\.toUpperCase\(\)/, (c) => `upper(${c})`],
  [/\.toLowerCase\(\)/, (c) => `lower(${c})`],
  [/\.trim\(\)/, (c) => `trim(${c})`],
  [
    /\.replaceAll\(\s*("[^"]*"|'[^']*')\s*,\s*("[^"]*"|'[^']*')\s*\)/,
    (c, m) => `regexReplace(${c}, ${m[1]}, ${m[2]})`,
  ],
  [
    /\.replace\(\s*("[^"]*"|'[^']*')\s*,\s*("[^"]*"|'[^']*')\s*\)/,
    (c, m) => `replace(${c}, ${m[1]}, ${m[2]})`,
  ],
  [/GroovyTransformerStaticUtil\.md5\(/, (c) => `md5(${c})`],
  [/GroovyTransformerStaticUtil\.sha1\(/, (c) => `sha1(${c})`],
];

/**
 * What to write in the place of a Groovy script, as far as its text tells: the column that it sets as a computed column, `return
 * null` as a filter. A guide for people, never run.
 */
export function groovyRemedy(code: string, columns: readonly Column[]): string {
  const set = /record\.setColumn\(\s*(\d+)/.exec(code)?.[1];
  const read = /record\.getColumn\(\s*(\d+)/.exec(code)?.[1];
  const target = columns[Number(set ?? -1)]?.name;
  const source = columns[Number(read ?? set ?? -1)]?.name;
  const parts: string[] = [];
  if (target !== undefined) {
    const field = JSON.stringify({ to: target, expression: expressionOf(code, named(source ?? target)) });
    parts.push(`a computed column in /mapping: ${field}`);
  }
  if (/return\s+null/.test(code))
    parts.push(
      `a condition in /filter that is true for the rows to keep: ${named(source ?? 'column')} != ...`,
    );
  if (parts.length === 0)
    parts.push(
      'computed columns in /mapping, {"to": "column", "expression": "..."}, and a condition in /filter',
    );
  return `Write ${parts.join(', and ')}.`;
}

function expressionOf(code: string, column: string): string {
  for (const [call, instead] of CALLS) {
    const match = call.exec(code.slice(0, 100_000));
    if (match !== null) return instead(column, match);
  }
  return column;
}

const named = (name: string): string => (/^[A-Za-z_]\w*$/.test(name) ? name : `row["${name}"]`);
