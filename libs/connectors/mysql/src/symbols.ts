import type { NativeColumn } from './catalog.ts';

/** Why a text is no value of an ENUM or SET; undefined: it is one. */
export type SymbolJudge = (text: string) => string | undefined;

/**
 * The server takes another case or spaces at the end for the same symbol, and a number for a place in the list, all without
 * a word. Undefined for other columns.
 */
export function symbolJudge({ dataType, columnType }: NativeColumn): SymbolJudge | undefined {
  if (dataType !== 'enum' && dataType !== 'set') return undefined;
  const symbols = new Set(
    [...columnType.matchAll(/'((?:[^']|'')*)'/g)].map(([, symbol]) => symbol!.replaceAll("''", "'")),
  );
  // The catalogue shows question marks for characters beyond its own set: such a column is known only in part.
  const partly = [...symbols].some((symbol) => symbol.includes('?'));
  const known = (text: string): boolean => symbols.has(text) || (partly && !/^\s*\d+\s*$/.test(text));
  const shown = (text: string): string => `"${text.slice(0, 64)}"`;
  if (dataType === 'enum')
    return (text) => (known(text) ? undefined : `${shown(text)} is no symbol of the column`);
  return (text) => {
    if (text === '') return undefined;
    const members = text.split(',');
    const strange = members.find((member) => !known(member));
    if (strange !== undefined) return `${shown(strange)} is no member of the column`;
    return new Set(members).size < members.length ? `${shown(text)} has a member twice` : undefined;
  };
}
