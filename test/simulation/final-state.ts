import { balances } from '@sluice/model';
import type { Cluster } from './cluster.ts';
import { textOf } from './sim-source.ts';

/** What is wrong with source, target and ledger when everybody is done; undefined: nothing. */
export function finalProblem({ shape, server, store, watch }: Cluster): string | undefined {
  const all = Array.from({ length: shape.rows }, (_, id) => id);
  const truncates = shape.document.write?.truncateFirst === true;
  const last = watch.last()!;
  const generations = new Set([last.generation, ...server.rows.map((row) => row.generation)]);
  for (const generation of generations) {
    const rows = server.rows.filter((row) => row.generation === generation);
    const false_ = rows.find((row) => row.text !== textOf(row.id));
    if (false_ !== undefined) return `The target has "${false_.text}" for record ${false_.id}.`;
    const dirty = [...server.dirty.values()].filter((row) => row.generation === generation);
    const ids = [...rows, ...dirty].map(({ id }) => id).sort((a, b) => a - b);
    if (new Set(ids).size !== ids.length)
      return `Records are doubled in ${generation}: ${rows.map(({ id }) => id)} written, ${dirty.map(({ id }) => id)} dirty.`;
    const run = [...store.runs.rows.values()].find((row) => row.generation === generation);
    if (run !== undefined && run.state !== 'succeeded' && !server.watch.isGivenUp(generation))
      return `${rows.length} rows of ${generation} are in the table, whose run has ${run.state}.`;
    if (run?.state === 'succeeded' && ids.join() !== all.join())
      return `${generation} has ${ids.join()} of ${all.length} records.`;
    if (truncates && generation !== last.generation)
      return `${rows.length} rows of ${generation} are in a table that ${last.generation} has emptied.`;
  }
  const { counts } = last;
  const dirty = [...server.dirty.values()].filter((row) => row.generation === last.generation).length;
  if (counts === undefined || !balances(counts) || counts.read !== all.length || counts.dirty !== dirty)
    return `The ledger is ${JSON.stringify(counts)}; ${all.length} records, ${dirty} of them dirty.`;
  if (last.state !== 'succeeded') return undefined;
  const run = `${last.generation}:`;
  const told = [...store.dirty.rows.keys()].filter((id) => id.startsWith(run)).length;
  if (told !== dirty) return `The store has ${told} dirty records, the target ${dirty}.`;
  return undefined;
}
