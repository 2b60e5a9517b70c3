import { type ReaderEnd, SluiceError } from '@sluice/model';
import type { Access, ErrandSource, Store } from '@sluice/ports';
import type { DataSourceAccess } from '../control.ts';
import { dataSource } from './data-source.ts';

/**
 * The data sources that a reader reads as one, found by their names; undefined: it reads its own alone. Throws SLUICE_CFG_NOT_FOUND,
 * or SLUICE_CFG_INVALID for one that is there twice or of another connector; `at` is where the reader lies in the body.
 */
export async function readerSources(
  store: Store,
  workspace: string,
  { dataSource: own, sources }: ReaderEnd,
  at = '/reader',
): Promise<readonly ErrandSource[] | undefined> {
  if (sources === undefined) return undefined;
  const first = await dataSource(store, workspace, own);
  const found: ErrandSource[] = [];
  for (const [index, { dataSource: reference, tables }] of sources.entries()) {
    const place = `${at}/sources/${index}/dataSource`;
    const row = await dataSource(store, workspace, reference).catch((error: unknown) => {
      if (!(error instanceof SluiceError) || error.code !== 'SLUICE_CFG_NOT_FOUND') throw error;
      throw refused(
        'SLUICE_CFG_NOT_FOUND',
        place,
        error.detail,
        'Correct the name, or create the data source first.',
      );
    });
    if (row.connector !== first.connector)
      throw refused(
        'SLUICE_CFG_INVALID',
        place,
        `${row.name} is of ${row.connector}, and ${first.name} of ${first.connector}.`,
        'Read data sources of one connector.',
      );
    if (found.some((one) => one.dataSource === row.id))
      throw refused(
        'SLUICE_CFG_INVALID',
        place,
        `${row.name} is there twice.`,
        'List its tables in one place.',
      );
    found.push({ dataSource: row.id, name: row.name, tables });
  }
  if (!found.some((one) => one.dataSource === first.id))
    throw refused(
      'SLUICE_CFG_INVALID',
      `${at}/dataSource`,
      `${first.name} is not among the sources.`,
      'Name one of the sources here.',
    );
  return found;
}

function refused(
  code: 'SLUICE_CFG_INVALID' | 'SLUICE_CFG_NOT_FOUND',
  place: string,
  detail: string,
  hint: string,
): SluiceError {
  return new SluiceError(code, { detail, place, hint, fields: [{ pointer: place, detail, hint }] });
}

/** The same with their settings and secrets, for a worker (S-23). */
export async function openSources(
  dataSources: DataSourceAccess,
  sources: readonly ErrandSource[] | undefined,
): Promise<Pick<Access, 'sources'>> {
  if (sources === undefined) return {};
  const opened = sources.map(async ({ dataSource: id, name, tables }) => {
    const { config } = await dataSources.open(id);
    return { name, config, tables };
  });
  return { sources: await Promise.all(opened) };
}
