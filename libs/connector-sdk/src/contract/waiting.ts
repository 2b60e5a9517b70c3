import { fail } from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

/** Polls that are given to something outside this process that tells nobody when it happens. */
const POLLS = 1000;
const BETWEEN = 10;

/** Waits for what another program does in its own time, e.g. the end of a session on a server. */
export async function until(holds: () => Promise<boolean>, what: string, polls = POLLS): Promise<void> {
  for (let poll = 0; poll < polls; poll++) {
    if (await holds()) return;
    await sleep(BETWEEN);
  }
  fail(`waited in vain until ${what}`);
}

/** Waits until a measure has stayed the same for ten looks. */
export async function settled(measure: () => number): Promise<void> {
  let last = measure();
  for (let poll = 0, same = 0; poll < POLLS && same < 10; poll++) {
    await sleep(BETWEEN);
    const now = measure();
    same = now === last ? same + 1 : 0;
    last = now;
  }
}
