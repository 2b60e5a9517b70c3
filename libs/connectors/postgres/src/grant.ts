import { SluiceError } from '@sluice/model';
import type { Session } from './connection.ts';
import { quote } from './identifier.ts';

/** The same error; where a table could not be made for want of a right, with the statement that gives it (D-15). Outside a transaction. */
export async function withGrant(session: Session, schema: string, error: unknown): Promise<unknown> {
  if (!(error instanceof SluiceError) || error.code !== 'SLUICE_TGT_PRIVILEGE') return error;
  const [row] = await session.query('select current_user::text').catch(() => []);
  const user = row?.[0];
  if (user === undefined || user === null) return error;
  return new SluiceError('SLUICE_TGT_PRIVILEGE', {
    detail: error.detail,
    place: `schema ${schema}`,
    hint: `grant create, usage on schema ${quote(schema)} to ${quote(user)}`,
    cause: error,
  });
}
