import { randomBytes } from 'node:crypto';
import { SluiceError } from '@sluice/model';
import type { Bus, BusInspection, BusMessage, Delivery } from '@sluice/ports';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LaneCollector } from './lane-collector.ts';

const message = (text: string | Buffer): BusMessage => ({
  headers: { 'sluice-seq': '1', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
  value: Buffer.from(text),
});

const texts = (found: readonly Delivery[]): string[] => found.map(({ value }) => value.toString());

/** The promises of the bus' port. `open` answers a bus of which nobody else uses topics that begin with `prefix`. */
export function busContract(
  name: string,
  open: () => { readonly bus: Bus & BusInspection; readonly prefix: string },
): void {
  describe(`the bus ${name}`, () => {
    let bus: Bus & BusInspection;
    let prefix: string;
    let made = 0;
    beforeAll(() => {
      ({ bus, prefix } = open());
    });
    afterAll(() => bus.close());

    async function topic(channels: number): Promise<string> {
      const topicName = `${prefix}.${made++}`;
      await bus.ensureTopics([{ name: topicName, channels }]);
      return topicName;
    }

    /** As the loops send: what fails for a moment is sent again. */
    async function send(to: string, channel: number, sent: BusMessage): Promise<void> {
      for (;;)
        try {
          return await bus.publish(to, channel, sent);
        } catch (error) {
          if (!(error instanceof SluiceError) || error.kind !== 'transient') throw error;
        }
    }

    it('hands out what was sent: order, headers and every byte, also of the largest message', async () => {
      const name = await topic(2);
      const large = randomBytes(7 * 1024 * 1024);
      for (let i = 0; i < 20; i++) await send(name, i % 2, message(String(i)));
      await send(name, 1, message(large));
      const consumer = new LaneCollector(bus, name, `${name}.g`);
      await consumer.holds([0, 1]);
      const [even, odd] = [await consumer.take(0, 10), await consumer.take(1, 11)];
      expect(texts(even)).toEqual(['0', '2', '4', '6', '8', '10', '12', '14', '16', '18']);
      expect(texts(odd.slice(0, 10))).toEqual(['1', '3', '5', '7', '9', '11', '13', '15', '17', '19']);
      expect(odd[10]!.value.equals(large)).toBe(true);
      expect(even[0]!.headers).toEqual(message('').headers);
      for (const found of [even, odd])
        expect(found.every(({ offset }, i) => i === 0 || offset > found[i - 1]!.offset)).toBe(true);
      expect(await consumer.lane(0).next(0)).toBeUndefined();
      await consumer.stop();
    });

    it('hands out what is sent while somebody waits for it', async () => {
      const name = await topic(1);
      const consumer = new LaneCollector(bus, name, `${name}.g`);
      await consumer.holds([0]);
      const waiting = consumer.take(0, 1);
      await send(name, 0, message('late'));
      expect(texts(await waiting)).toEqual(['late']);
      await consumer.stop();
    });

    it('goes on from the last commit after a rewind and for the next consumer of the group', async () => {
      const name = await topic(1);
      for (const text of ['a', 'b', 'c', 'd']) await send(name, 0, message(text));
      const first = new LaneCollector(bus, name, `${name}.g`);
      await first.holds([0]);
      const [, b] = await first.take(0, 3);
      first.lane(0).commit(b!.offset);
      await first.lane(0).rewind();
      expect(texts(await first.take(0, 2))).toEqual(['c', 'd']);
      await first.stop();
      const second = new LaneCollector(bus, name, `${name}.g`);
      await second.holds([0]);
      expect(texts(await second.take(0, 2))).toEqual(['c', 'd']);
      await second.stop();
    });

    it('begins anew for a rewind before anything was committed', async () => {
      const name = await topic(1);
      for (const text of ['a', 'b']) await send(name, 0, message(text));
      const consumer = new LaneCollector(bus, name, `${name}.g`);
      await consumer.holds([0]);
      await consumer.take(0, 2);
      await consumer.lane(0).rewind();
      expect(texts(await consumer.take(0, 2))).toEqual(['a', 'b']);
      await consumer.stop();
    });

    it('gives every channel to one consumer of a group, and those of one that leaves to the other', async () => {
      const name = await topic(4);
      const one = new LaneCollector(bus, name, `${name}.g`);
      await one.holds([0, 1, 2, 3]);
      const early = [0, 1, 2, 3].map((channel) => one.taken(channel));
      const two = new LaneCollector(bus, name, `${name}.g`);
      await Promise.all([one, two].map((each) => each.holds((held) => held.length === 2)));
      expect([...one.channels, ...two.channels].toSorted()).toEqual([0, 1, 2, 3]);
      // What was taken away was told so.
      for (const channel of two.channels) expect(early[channel]!.aborted).toBe(true);
      await two.stop();
      await one.holds([0, 1, 2, 3]);
      for (let channel = 0; channel < 4; channel++) {
        await send(name, channel, message(`of ${channel}`));
        expect(texts(await one.take(channel, 1))).toEqual([`of ${channel}`]);
      }
      await one.stop();
    });

    it('answers nothing more on a channel that was taken', async () => {
      const name = await topic(1);
      const consumer = new LaneCollector(bus, name, `${name}.g`);
      await consumer.holds([0]);
      const lane = consumer.lane(0);
      const waiting = lane.next(60_000);
      await consumer.stop();
      expect(await waiting).toBeUndefined();
      await send(name, 0, message('x'));
      expect(await lane.next(0)).toBeUndefined();
      // Never throws.
      lane.commit(0);
      await lane.rewind();
    });

    it('ends serving with the error of a channel that no repetition can mend', async () => {
      const name = await topic(1);
      const serving = bus.serve({
        topic: name,
        group: `${name}.g`,
        signal: new AbortController().signal,
        onLane: async () => {
          throw new Error('no');
        },
      });
      await expect(serving).rejects.toThrow('no');
    });

    it('tells topics, offsets and lag, and shows messages without disturbing consumers', async () => {
      const name = await topic(2);
      for (const text of ['a', 'b', 'c']) await send(name, 0, message(text));
      expect(await bus.topics(name)).toEqual([{ name, channels: 2 }]);
      expect(await bus.topics(`${prefix}.none`)).toEqual([]);
      expect(await bus.channels(name)).toEqual([
        { channel: 0, low: 0, high: 3 },
        { channel: 1, low: 0, high: 0 },
      ]);
      expect(texts(await bus.peek(name, 0, 'newest', 2))).toEqual(['b', 'c']);
      expect(texts(await bus.peek(name, 0, 1, 10))).toEqual(['b', 'c']);
      expect(await bus.peek(name, 1, 'newest', 5)).toEqual([]);
      expect(await bus.peek(name, 7, 'newest', 5)).toEqual([]);
      const consumer = new LaneCollector(bus, name, `${name}.g`);
      await consumer.holds([0, 1]);
      const [a] = await consumer.take(0, 3);
      consumer.lane(0).commit(a!.offset);
      await consumer.stop();
      const [lag] = await bus.lag(name, `${name}.g`);
      expect(lag).toEqual({ channel: 0, committed: a!.offset + 1, lag: 2 });
    });

    it('makes topics once, adds channels to them, and forgets them', async () => {
      const name = await topic(1);
      await bus.ensureTopics([{ name, channels: 1 }]);
      await bus.ensureTopics([{ name, channels: 3 }]);
      await bus.ensureTopics([{ name, channels: 1 }]);
      while ((await bus.topics(name))[0]?.channels !== 3);
      await send(name, 2, message('x'));
      expect((await bus.channels(name)).map(({ high }) => high)).toEqual([0, 0, 1]);
      await bus.removeTopics([name, `${prefix}.never`]);
      while ((await bus.topics(name)).length > 0);
    });

    it('does not send what was called off before', async () => {
      const name = await topic(1);
      await send(name, 0, message('a'));
      await expect(bus.publish(name, 0, message('b'), AbortSignal.abort())).rejects.toThrow();
      expect((await bus.channels(name))[0]!.high).toBe(1);
    });
  });
}
