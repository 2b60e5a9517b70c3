import type { Stage, TaskDocument } from '@sluice/model';
import type { RunGroups, RunRow } from '@sluice/ports';
import type { RunsContext } from './context.ts';
import { dataSource } from './data-source.ts';

export const DEFAULT_GROUP = 'default';

/** Which workers a task wants: what an end says, else the task, else its data source. Mappers work where the reader does. */
export async function groupsOf(
  { store }: Pick<RunsContext, 'store'>,
  workspace: string,
  document: TaskDocument,
): Promise<RunGroups> {
  const task = document.control?.resourceGroup;
  const of = async (end: 'reader' | 'writer'): Promise<string> => {
    const { dataSource: reference, resourceGroup } = document[end];
    const source = await dataSource(store, workspace, reference);
    return resourceGroup ?? task ?? source.resourceGroup ?? DEFAULT_GROUP;
  };
  const read = await of('reader');
  return { read, map: task ?? read, write: await of('writer') };
}

export const groupOf = ({ plan }: Pick<RunRow, 'plan'>, stage: Stage): string =>
  plan?.groups?.[stage] ?? DEFAULT_GROUP;
