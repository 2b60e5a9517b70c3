import { isBlank } from './json-text.ts';
import { parseJson } from './json-parser.ts';
import type { Node } from './node.ts';
import { type Problem, Problems } from './problem.ts';
import { MAX_LENGTH, SourceText } from './source-text.ts';
import { parseYaml } from './yaml-parser.ts';

export type Format = 'json' | 'yaml';

export interface Parsed {
  readonly source: SourceText;
  readonly format: Format;
  /** Absent when reading stopped at an error. */
  readonly root?: Node;
  readonly problems: readonly Problem[];
}

/** Reads JSON with comments and what people make of it, or YAML. Never throws: what is wrong is among the problems. */
export function parseText(text: string, format: Format = formatOf(text)): Parsed {
  const source = new SourceText(text);
  const problems = new Problems(source);
  if (text.length > MAX_LENGTH) {
    const cause = `The script has ${text.length} characters.`;
    problems.add({ code: 'SCRIPT_TOO_LARGE', offset: MAX_LENGTH, pointer: '', cause });
    return { source, format, problems: problems.found };
  }
  const root = format === 'json' ? parseJson(source, problems) : parseYaml(source, problems);
  return { source, format, ...(root === undefined ? {} : { root }), problems: problems.found };
}

/** JSON begins with a bracket, behind blanks and comments; so does one that lacks its first brace, by the comma after an entry. */
export function formatOf(text: string): Format {
  let at = 0;
  for (;;) {
    while (at < text.length && isBlank(text.charCodeAt(at))) at += 1;
    if (text[at] === '#' || text.startsWith('//', at)) {
      const end = text.indexOf('\n', at);
      at = end < 0 ? text.length : end;
    } else if (text.startsWith('/*', at)) {
      const end = text.indexOf('*/', at);
      if (end < 0) return 'json';
      at = end + 2;
    } else break;
  }
  if (at >= text.length || /[{[\uFF5B\uFF3B]/.test(text[at]!)) return 'json';
  return /^"[^"\n]{0,200}"[ \t]{0,20}:[^\n]{0,2000},[ \t\r]{0,200}\n/.test(text.slice(at, at + 4000))
    ? 'json'
    : 'yaml';
}
