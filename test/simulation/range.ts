/** A thread of the simulation: plays ranges of seeds and answers those that fail, or plays without a rule until one fails. */
import { parentPort } from 'node:worker_threads';
import { search } from './controls.ts';
import { type Outcome, playSchedule } from './schedule.ts';

/** What a thread is to do. */
export type Range = { readonly first: number; readonly many: number } | { readonly control: string };

async function play(range: Range): Promise<Outcome[]> {
  if ('control' in range) {
    const noticed = await search(range.control);
    return noticed === undefined ? [] : [noticed];
  }
  const failed: Outcome[] = [];
  for (let seed = range.first; seed < range.first + range.many; seed++) {
    const outcome = await playSchedule(seed);
    if (outcome.problem !== undefined) failed.push(outcome);
  }
  return failed;
}

parentPort!.on('message', async (range: Range) => parentPort!.postMessage(await play(range)));
