import { SluiceError } from '@sluice/model';
import { READER_PARAMETERS } from './sql-filter.ts';

/** Which settings of its session a reader may be given, and the statement that sets one. */
export interface SessionSyntax {
  readonly statement: 'set' | 'pragma';
  /** In lower case: what changes speed or patience, never what a value reads as. */
  readonly allowed: ReadonlySet<string>;
}

const SETTING =
  /^\s*(set|pragma)\s+(?:session\s+)?(?:@@(?:session\.)?)?([a-z_]\w*)\s*(?:=|\bto\b)\s*('[^'\\\0]*'|-?\w+(?:\.\w+)?)\s*;?\s*$/i;

/**
 * Statements of a reader's `session`, made anew from a name of the list and one value, so that nothing else of the text gets
 * through. Throws SLUICE_CFG_INVALID.
 */
export function sessionSettings(
  statements: unknown,
  { statement, allowed }: SessionSyntax,
): readonly string[] {
  if (statements === undefined) return [];
  const list: readonly unknown[] = Array.isArray(statements) ? statements : [statements];
  return list.map((text, index) => {
    const [, verb = '', name = '', value = ''] = SETTING.exec(typeof text === 'string' ? text : '') ?? [];
    const setting = name.toLowerCase();
    if (verb.toLowerCase() === statement && allowed.has(setting))
      return statement === 'set' ? `set session ${setting} = ${value}` : `pragma ${setting} = ${value}`;
    const place = `${READER_PARAMETERS}/session/${index}`;
    const detail =
      name === ''
        ? `The statement is not of the form ${statement} name = value.`
        : `A reader may not set ${setting} with ${verb.toLowerCase()}.`;
    const hint = `Leave it out, or set one of ${[...allowed].join(', ')}.`;
    throw new SluiceError('SLUICE_CFG_INVALID', {
      detail,
      place,
      hint,
      fields: [{ pointer: place, detail, hint }],
    });
  });
}
