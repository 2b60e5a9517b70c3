import { SluiceError } from '@sluice/model';
import type { DataSourceRow, Store } from '@sluice/ports';

/** A data source of the workspace by id or name. */
export async function dataSource(
  store: Pick<Store, 'dataSources'>,
  workspace: string,
  reference: string,
): Promise<Pick<DataSourceRow, 'id' | 'name' | 'connector' | 'resourceGroup'>> {
  const byId = await store.dataSources.get(reference);
  if (byId?.workspace === workspace) return byId;
  const [byName] = (await store.dataSources.list({ workspace, name: reference.normalize('NFC'), limit: 1 }))
    .items;
  if (byName === undefined) throw new SluiceError('SLUICE_CFG_NOT_FOUND', `No data source ${reference}.`);
  return byName;
}
