import type { Place } from '../e2e/pairs.ts';

/** Waits until the table `orders` of a target has at least this many rows; answers how many it has. */
export async function rowsReach(target: Place, rows: number): Promise<number> {
  const until = Date.now() + 60_000;
  for (;;) {
    const count = Number(await target.value('select count(*) from orders'));
    if (count >= rows) return count;
    if (Date.now() > until) throw new Error(`${count} rows after a minute, ${rows} were waited for.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
