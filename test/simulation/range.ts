/** A thread of the simulation: plays seeds and answers those that fail. */
import { parentPort, workerData } from 'node:worker_threads';
import { type Outcome, playSchedule } from './schedule.ts';

const { first, many } = workerData as { first: number; many: number };
const failed: Outcome[] = [];
for (let seed = first; seed < first + many; seed++) {
  const outcome = await playSchedule(seed);
  if (outcome.problem !== undefined) failed.push(outcome);
}
parentPort!.postMessage(failed);
