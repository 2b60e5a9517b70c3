import { trimmed } from '../syntax/json-text.ts';
import type { Member, Node, ObjectNode } from '../syntax/node.ts';

/** Ways to write a task down. `sluice` is the task document itself. */
export const DIALECTS = ['sluice', 'dataworks-2.0', 'dataworks-1.0', 'datax', 'addax'] as const;
export type Dialect = (typeof DIALECTS)[number];

export const DIALECT_TITLES: Readonly<Record<Dialect, string>> = {
  sluice: 'task document of Sluice',
  'dataworks-2.0': 'script of version 2.0',
  'dataworks-1.0': 'script of version 1.0',
  datax: 'DataX job',
  addax: 'Addax job',
};

export function memberOf(node: Node | undefined, ...names: readonly string[]): Member | undefined {
  if (node?.kind !== 'object') return undefined;
  for (const name of names) {
    const found = node.members.findLast(({ key }) => trimmed(key).toLowerCase() === name.toLowerCase());
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The dialect by the shape of the script; undefined: it is none of them. */
export function dialectOf(root: ObjectNode): Dialect | undefined {
  const job = memberOf(root, 'job')?.value;
  if (job?.kind === 'object') {
    const isAddax =
      memberOf(job, 'settings') !== undefined || memberOf(job, 'content')?.value.kind === 'object';
    return isAddax ? 'addax' : 'datax';
  }
  if (memberOf(root, 'steps') !== undefined) return 'dataworks-2.0';
  if (memberOf(root, 'configuration', 'config') !== undefined) return 'dataworks-1.0';
  const reader = memberOf(root, 'reader')?.value;
  const writer = memberOf(root, 'writer')?.value;
  if (reader === undefined && writer === undefined)
    return memberOf(root, 'mode') === undefined ? undefined : 'sluice';
  // The inside of a script, without what goes around it.
  const inner = [reader, writer].filter((end) => end !== undefined);
  if (inner.some((end) => memberOf(end, 'plugin', 'stepType') !== undefined)) return 'dataworks-1.0';
  if (inner.some((end) => memberOf(end, 'parameter') !== undefined && memberOf(end, 'name') !== undefined))
    return 'datax';
  return 'sluice';
}
