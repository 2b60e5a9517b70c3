import { SluiceError } from '@sluice/model';
import type { Collection, Indexed, Versioned } from '@sluice/ports';

/** An object by id; one of another workspace does not exist (S-12). */
export async function inWorkspace<T extends Indexed>(
  collection: Collection<T>,
  workspace: string,
  id: string,
  what: string,
): Promise<Versioned<T>> {
  const row = await collection.get(id);
  if (row === undefined || row.workspace !== workspace)
    throw new SluiceError('SLUICE_CFG_NOT_FOUND', `No ${what} ${id}.`);
  return row;
}
