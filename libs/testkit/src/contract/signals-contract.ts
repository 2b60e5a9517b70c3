import type { Signals } from '@sluice/ports';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/**
 * The promises of the signals' port. `open` answers two ends of one system, as two processes have them; within one process they may be
 * the same object.
 */
export function signalsContract(name: string, open: () => Promise<readonly [Signals, Signals]>): void {
  describe(`signals ${name}`, () => {
    let [here, there]: readonly (Signals | undefined)[] = [];
    beforeAll(async () => {
      [here, there] = await open();
    });
    afterAll(async () => {
      for (const end of new Set([here, there])) await end!.close();
    });

    /** Sends until it is heard: what is sent before a subscription has reached everybody is lost. */
    async function sent(topic: string, message: string, isHeard: () => boolean): Promise<void> {
      while (!isHeard()) {
        here!.publish(topic, message);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }

    it('carry a message to every listener of its topic and to no other', async () => {
      const heard: Record<string, string[]> = { one: [], two: [], other: [] };
      const ends = [
        there!.subscribe('topic', (message) => heard['one']!.push(message)),
        there!.subscribe('topic', (message) => heard['two']!.push(message)),
        there!.subscribe('topic:2', (message) => heard['other']!.push(message)),
      ];
      await sent('topic', 'Zürich: 1', () => heard['one']!.length > 0 && heard['two']!.length > 0);
      await sent('topic:2', 'other', () => heard['other']!.length > 0);
      expect(new Set(heard['one'])).toEqual(new Set(['Zürich: 1']));
      expect(heard['two']).toEqual(heard['one']);
      expect(new Set(heard['other'])).toEqual(new Set(['other']));
      for (const end of ends) end();
    });

    it('tell nothing to a listener that has ended, and go on for the others of its topic', async () => {
      const [first, second]: [string[], string[]] = [[], []];
      const end = there!.subscribe('ending', (message) => first.push(message));
      const endSecond = there!.subscribe('ending', (message) => second.push(message));
      await sent('ending', 'both', () => first.length > 0 && second.length > 0);
      end();
      // Twice is no error, and ends no other listener.
      end();
      const before = first.length;
      await sent('ending', 'one', () => second.includes('one'));
      expect(first).toHaveLength(before);
      endSecond();
    });

    it('share a bucket among all processes: what one has taken the other waits for', async () => {
      // 100 at 10 a second: one second's worth is there, nine seconds remain, then nineteen, ...
      const waits: number[] = [];
      for (const end of [here!, there!, here!]) waits.push(await end.take('shared', 100, 10));
      expect(waits[0]).toBeGreaterThan(8000);
      expect(waits[1]! - waits[0]!).toBeGreaterThan(5000);
      expect(waits[2]! - waits[1]!).toBeGreaterThan(5000);
    });

    it('have nothing in a bucket that nobody has used, each key for itself, and at most one second’s worth after a pause', async () => {
      for (const key of ['fresh:1', 'fresh:2']) expect(await here!.take(key, 10, 10)).toBeGreaterThan(800);
      expect(await here!.take('fresh:1', 10_000, 10)).toBeGreaterThan(100_000);
      expect(await there!.take('fresh:2', 1, 1_000_000)).toBeLessThan(2000);
      await here!.take('paused', 1, 1000);
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(await there!.take('paused', 200, 1000)).toBe(0);
      expect(await there!.take('paused', 3000, 1000)).toBeGreaterThan(1500);
    });

    it('throw nothing, also when they are closed', async () => {
      const ends = new Set(await open());
      for (const end of ends) await end.close();
      for (const end of ends) {
        end.publish('topic', 'nobody');
        end.subscribe('topic', () => undefined)();
        expect(await end.take('closed', 1, 1000)).toBeGreaterThanOrEqual(0);
        await end.close();
      }
    });
  });
}
