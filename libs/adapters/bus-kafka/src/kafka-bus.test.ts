import { has, testKafka } from '@sluice/testkit';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KafkaBus } from './kafka-bus.ts';

describe.skipIf(!has('kafka'))('the bus on Kafka', () => {
  let bus: KafkaBus;
  beforeAll(() => {
    bus = new KafkaBus({ brokers: testKafka().brokers });
  });
  afterAll(() => bus.close());

  it('makes a topic that vanished anew with all its channels, whichever is sent to first, and loses nothing it took', async () => {
    const topic = testKafka().prefix;
    await bus.ensureTopics([{ name: topic, channels: 3 }]);
    // Another process sends: it was never told how many channels there are.
    const sender = new KafkaBus({ brokers: testKafka().brokers });
    const send = (channel: number): Promise<void> =>
      sender
        .publish(topic, channel, { headers: {}, value: Buffer.from('x') })
        .catch(() => new Promise<void>((resolve) => setTimeout(resolve, 50)).then(() => send(channel)));
    await send(0);
    // What is learned in passing is learned by then.
    await new Promise((resolve) => setTimeout(resolve, 500));
    const admin = new Kafka({ brokers: testKafka().brokers, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    await admin.deleteTopics({ topics: [topic] });
    await admin.disconnect();
    for (const channel of [0, 2, 1]) await send(channel);
    const found = await bus.channels(topic);
    expect(found.map(({ high }) => high)).toEqual([1, 1, 1]);
    await sender.close();
    await bus.removeTopics([topic]);
  });

  it('takes nothing for a channel that the topic does not have without making it', async () => {
    const topic = testKafka().prefix;
    await bus.ensureTopics([{ name: topic, channels: 1 }]);
    const message = { headers: {}, value: Buffer.from('x') };
    const sender = new KafkaBus({ brokers: testKafka().brokers });
    await sender.publish(topic, 0, message);
    await expect(sender.publish(topic, 1, message)).rejects.toMatchObject({ kind: 'transient' });
    await sender.publish(topic, 1, message);
    expect((await bus.channels(topic)).map(({ high }) => high)).toEqual([1, 1]);
    await sender.close();
    await bus.removeTopics([topic]);
  });
});
