import { type FilterSyntax, ownStatement, type RunnableStatement } from '@sluice/connector-sdk';
import type { Session } from './connection.ts';
import { parseTable } from './identifier.ts';

const SYNTAX: FilterSyntax = { backslash: 'E', hashComment: false, quotes: `'"`, refused: '$' };

/** A task's own statements on one session, in the transaction that is open there. */
export function runnable(
  session: Session,
  table: string,
  texts: readonly string[],
  place: string,
): RunnableStatement[] {
  return texts.map((text, index) => {
    const { isOfSession, on } = ownStatement(text, SYNTAX, `${place}/${index}`);
    return {
      isOfSession,
      commits: false,
      run: async () => void (await session.query(on(parseTable(table).quoted))),
    };
  });
}
