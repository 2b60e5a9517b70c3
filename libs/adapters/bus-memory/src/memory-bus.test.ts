import { describe, expect, it } from 'vitest';
import type { Lane } from '@sluice/ports';
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

describe('the embedded bus', () => {
  it('keeps the order of a channel and hands every channel to the one consumer', async () => {
    const bus = new MemoryBus();
    await bus.ensureTopics([{ name: 't', channels: 2 }]);
    for (let i = 0; i < 10; i++) await bus.publish('t', i % 2, message(String(i)));
    const seen: Record<number, string[]> = {};
    const consumer = consume(bus, async (lane) => {
      for (let i = 0; i < 5; i++) (seen[lane.channel] ??= []).push((await lane.next(1000))!.value.toString());
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    await consumer.stop();
    expect(seen).toEqual({ 0: ['0', '2', '4', '6', '8'], 1: ['1', '3', '5', '7', '9'] });
  });

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

  it('goes on from the last commit after a rewind and for the next consumer', async () => {
    const bus = new MemoryBus();
    await bus.ensureTopics([{ name: 't', channels: 1 }]);
    for (const text of ['a', 'b', 'c']) await bus.publish('t', 0, message(text));
    const seen: string[] = [];
    const first = consume(bus, async (lane) => {
      seen.push((await lane.next(0))!.value.toString());
      lane.commit((await lane.next(0))!.offset - 1);
      await lane.rewind();
      seen.push((await lane.next(0))!.value.toString());
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
    await first.stop();
    const second = consume(bus, async (lane) => void seen.push((await lane.next(0))!.value.toString()));
    await new Promise((resolve) => setTimeout(resolve, 5));
    await second.stop();
    expect(seen).toEqual(['a', 'b', 'b']);
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

  it('ends serving with the error of a channel that no repetition can mend', async () => {
    const bus = new MemoryBus();
    await bus.ensureTopics([{ name: 't', channels: 1 }]);
    const serving = bus.serve({
      topic: 't',
      group: 'g',
      signal: new AbortController().signal,
      onLane: async () => {
        throw new Error('no');
      },
    });
    await expect(serving).rejects.toThrow('no');
  });

  it('shows messages without disturbing the consumers', async () => {
    const bus = new MemoryBus();
    await bus.ensureTopics([{ name: 't', channels: 1 }]);
    for (const text of ['a', 'b', 'c']) await bus.publish('t', 0, message(text));
    expect((await bus.peek('t', 0, 'newest', 2)).map((found) => found.value.toString())).toEqual(['b', 'c']);
    expect(await bus.lag('t')).toEqual([{ channel: 0, committed: 0, lag: 3 }]);
  });
});
