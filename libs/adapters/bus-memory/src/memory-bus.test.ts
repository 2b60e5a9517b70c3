import type { Lane } from '@sluice/ports';
import { busContract } from '@sluice/testkit';
import { describe, expect, it } from 'vitest';
import { MemoryBus } from './memory-bus.ts';

const message = (text: string | Buffer): { headers: Record<string, string>; value: Buffer } => ({
  headers: { text: 'x' },
  value: Buffer.from(text),
});

/** Serves a topic and collects the lanes as they are given. */
function consume(
  bus: MemoryBus,
  body: (lane: Lane, taken: AbortSignal) => Promise<void>,
): { stop(): Promise<void> } {
  const controller = new AbortController();
  const done = bus.serve({ topic: 't', group: 'g', signal: controller.signal, onLane: body });
  done.catch(() => undefined);
  return {
    stop: async () => {
      controller.abort();
      await done;
    },
  };
}

busContract('within one process', () => ({ bus: new MemoryBus(), prefix: 'contract' }));

describe('the embedded bus', () => {
  it('makes publishers wait while nobody takes, and lets an abort end the wait', async () => {
    const bus = new MemoryBus({ budgetBytes: 100 });
    await bus.ensureTopics([{ name: 't', channels: 1 }]);
    await bus.publish('t', 0, message(Buffer.alloc(80)));
    await bus.publish('t', 0, message(Buffer.alloc(80)));
    const controller = new AbortController();
    const waiting = bus.publish('t', 0, message('late'), controller.signal);
    controller.abort();
    await expect(waiting).rejects.toThrow();
    expect((await bus.channels('t'))[0]!.high).toBe(2);
  });

  it('drops what was taken and not committed beyond its bound, so that one long transaction needs no memory', async () => {
    const bus = new MemoryBus({ budgetBytes: 1000, rewindBytes: 3000 });
    await bus.ensureTopics([{ name: 't', channels: 1 }]);
    const seen: number[] = [];
    const consumer = consume(bus, async (lane, taken) => {
      while (!taken.aborted && seen.length < 100) {
        const found = await lane.next(1000);
        if (found !== undefined) seen.push(found.offset);
      }
      await lane.rewind();
      seen.push((await lane.next(0))!.offset);
    });
    for (let i = 0; i < 100; i++) await bus.publish('t', 0, message(Buffer.alloc(100)));
    await new Promise((resolve) => setTimeout(resolve, 10));
    await consumer.stop();
    expect(seen.slice(0, 100)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(seen[100]).toBeGreaterThan(60);
  });
});
