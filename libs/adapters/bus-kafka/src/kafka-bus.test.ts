import { busContract, has, testKafka } from '@sluice/testkit';
import { CompressionCodecs, CompressionTypes, Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KafkaBus, kafkaOptions } from './kafka-bus.ts';

describe.skipIf(!has('kafka'))('with a real Kafka', () => {
  busContract('on Kafka', () => {
    const { brokers, prefix } = testKafka();
    return { bus: new KafkaBus({ brokers }), prefix };
  });
});

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

  it('compresses with what was asked for, and reads every kind', async () => {
    const topic = testKafka().prefix;
    await bus.ensureTopics([{ name: topic, channels: 1 }]);
    const value = Buffer.from('the same words again and again, '.repeat(20_000));
    for (const compression of ['none', 'lz4', 'zstd'] as const) {
      const sender = new KafkaBus({ brokers: testKafka().brokers, compression });
      await sender.publish(topic, 0, { headers: {}, value });
      await sender.close();
    }
    // What really lay compressed in the broker passes the codecs when it is read.
    const unpacked: Record<string, number> = {};
    const originals = { ...CompressionCodecs };
    for (const name of ['LZ4', 'ZSTD'] as const) {
      const original = originals[CompressionTypes[name]]!;
      CompressionCodecs[CompressionTypes[name]] = () => ({
        ...original(),
        decompress: (buffer: Buffer) => {
          unpacked[name] = buffer.length;
          return original().decompress(buffer);
        },
      });
    }
    const found = await bus.peek(topic, 0, 0, 3);
    Object.assign(CompressionCodecs, originals);
    expect(found.map((message) => message.value.equals(value))).toEqual([true, true, true]);
    expect(Object.keys(unpacked).toSorted()).toEqual(['LZ4', 'ZSTD']);
    for (const length of Object.values(unpacked)) expect(length).toBeLessThan(value.length / 10);
    await bus.removeTopics([topic]);
  });
});

it('takes brokers and compression from the environment, and names what it does not know', () => {
  expect(kafkaOptions({ SLUICE_KAFKA: 'a:1,b:2', SLUICE_KAFKA_COMPRESSION: 'lz4' })).toEqual({
    brokers: ['a:1', 'b:2'],
    compression: 'lz4',
  });
  expect(kafkaOptions({ SLUICE_KAFKA: 'a:1' })).toEqual({ brokers: ['a:1'] });
  expect(() => kafkaOptions({})).toThrow(/SLUICE_KAFKA/);
  expect(() => kafkaOptions({ SLUICE_KAFKA: 'a:1', SLUICE_KAFKA_COMPRESSION: 'gzip' })).toThrow(/gzip/);
});
