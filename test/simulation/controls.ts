import { BUS_CONTROLS } from './controls-bus.ts';
import { STORE_CONTROLS } from './controls-store.ts';
import { TARGET_CONTROLS } from './controls-target.ts';
import type { Sabotage } from './sabotage.ts';
import { type Outcome, playSchedule } from './schedule.ts';

/**
 * Rules of the protocol, each taken out of what the real modules work with, anew for each schedule. The name says which, with the numbers
 * of docs/delivery.md.
 */
export const CONTROLS: Readonly<Record<string, () => Sabotage>> = {
  ...TARGET_CONTROLS,
  ...BUS_CONTROLS,
  ...STORE_CONTROLS,
};

/** Parts of rules that no schedule can miss, and why. */
export const NOT_MISSED: Readonly<Record<string, string>> = {
  'D-2, the names of topics': 'Every stage is told them in its orders, so that any other text would do.',
  'D-1a, who finds a higher epoch goes above it':
    'Since a store that was set back issues no epoch twice, no schedule that was played has needed it; it stays as a second line.',
  'D-10, the budget of a unit': 'A smaller or larger unit commits the same rows.',
  'D-13, ending the session of a zombie':
    'A target ends transactions that idle for a minute, so that a takeover without it only takes longer, and no promise names a time.',
  'D-14, rows of older generations are removed': 'They are fenced for ever and nobody reads them.',
  'D-21, Redis says who is alive': 'Half of all signals are lost in every schedule.',
};

/** A schedule must notice within so many seeds. */
const SEEDS = 1500;
/** Steps after which a schedule without a rule counts as hung; hardly one with all rules comes near. */
const MOST_STEPS = 20_000;

/** Plays schedules without a rule until one of them notices; undefined: none does. */
export async function search(control: string): Promise<Outcome | undefined> {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const outcome = await playSchedule(seed, CONTROLS[control]!(), MOST_STEPS);
    if (outcome.problem !== undefined) return outcome;
  }
  return undefined;
}
