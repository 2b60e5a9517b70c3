/** Plays schedules by hand: `node test/simulation/play.ts <first seed> <how many>`; prints the seeds that fail, and the run log of a single one. */
import { playSchedule } from './schedule.ts';

const [first = '1', many = '1'] = process.argv.slice(2);
let failed = 0;
let steps = 0;
const started = performance.now();
for (let seed = Number(first); seed < Number(first) + Number(many); seed++) {
  const outcome = await playSchedule(seed);
  steps += outcome.steps;
  if (many === '1') process.stdout.write(`${outcome.log.join('\n')}\n`);
  if (outcome.problem === undefined) continue;
  failed++;
  if (failed <= 10)
    process.stdout.write(
      `seed ${seed}: ${outcome.problem}\n  after: ${outcome.happened.join(', ')} ${JSON.stringify(outcome.healing)}\n`,
    );
}
process.stdout.write(
  `${failed} of ${many} failed, ${steps} steps, ${Math.round(performance.now() - started)} ms\n`,
);
