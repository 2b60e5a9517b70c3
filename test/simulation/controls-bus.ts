import { crc32 } from 'node:zlib';
import { type Connector, type Reader, recordOffsets } from '@sluice/connector-sdk';
import type { Batch } from '@sluice/model';
import type { Bus, BusMessage, Delivery, Signals, SplitClaim, StageOrder } from '@sluice/ports';
import { decodeBatch, encodeBatch, readMeta, schemaIdOf } from '@sluice/wire';
import type { Sabotage } from './sabotage.ts';
import { SCHEMA } from './sim-source.ts';

/** A worker's bus that publishes in another way. */
const publishing = (change: (publish: Bus['publish']) => Bus['publish']): Sabotage => ({
  bus: (bus) => busOf(bus, { publish: change((...given) => bus.publish(...given)) }),
});

/** A worker's bus that hands messages out changed. */
const delivering = (change: (message: Delivery) => Delivery): Sabotage => ({
  bus: (bus) =>
    busOf(bus, {
      serve: (request) =>
        bus.serve({
          ...request,
          onLane: (lane, taken) =>
            request.onLane(
              {
                channel: lane.channel,
                next: async (waitMs) => {
                  const message = await lane.next(waitMs);
                  return message === undefined ? undefined : change(message);
                },
                commit: (offset) => lane.commit(offset),
                rewind: () => lane.rewind(),
              },
              taken,
            ),
        }),
    }),
});

const busOf = (bus: Bus, changed: Partial<Bus>): Bus => ({
  ensureTopics: (topics) => bus.ensureTopics(topics),
  removeTopics: (names) => bus.removeTopics(names),
  publish: (...given) => bus.publish(...given),
  serve: (request) => bus.serve(request),
  close: () => bus.close(),
  ...changed,
});

const reading = (change: (reader: Reader) => Partial<Reader>): Sabotage => ({
  connector: (connector: Connector) => ({
    ...connector,
    openReader: async (...given) => {
      const reader = await connector.openReader!(...given);
      return { ...reader, ...change(reader) };
    },
  }),
});

/** The same message with another batch in it. */
function rewritten({ headers, value }: BusMessage, change: (batch: Batch) => Batch): BusMessage {
  return encodeBatch(change(decodeBatch(headers, value)), schemaIdOf(value));
}

const shorter = (batch: Batch): Batch => {
  if (batch.recordCount < 2) return { ...batch, sourceBytes: batch.sourceBytes + 1 };
  const recordCount = batch.recordCount - 1;
  return {
    ...batch,
    recordCount,
    rows: batch.rows.subarray(0, recordOffsets(SCHEMA, batch.rows)[recordCount]),
  };
};

/** Orders in which each reader's claims are changed. */
const claiming = (change: (claim: SplitClaim) => SplitClaim): Sabotage => ({
  orders: (orders) => ({
    ...orders,
    serve: orders.serve.map((order): StageOrder =>
      order.claims === undefined ? order : { ...order, claims: order.claims.map(change) },
    ),
  }),
});

const signalsOf = (signals: Signals, changed: Partial<Signals>): Signals => ({ ...signals, ...changed });

/** Rules that readers, mappers and the bus keep, each taken out. */
export const BUS_CONTROLS: Readonly<Record<string, () => Sabotage>> = {
  'a split is read as it was planned (D-1)': () =>
    reading((reader) => ({
      read: async function* (split, ...given) {
        const { splits } = await reader.plan({ channels: 1 });
        yield* reader.read(splits[split.ordinal]!, ...given);
      },
    })),
  'a stream lives in the channel that its batches name (D-2)': () =>
    publishing(
      (publish) =>
        (topic, channel, ...given) =>
          publish(topic, channel ^ 1, ...given),
    ),
  'a damaged message is put aside (D-3)': () =>
    delivering((message) => ({
      ...message,
      headers: {
        ...message.headers,
        'sluice-length': String(message.value.length),
        'sluice-crc32': crc32(message.value).toString(16).padStart(8, '0'),
      },
    })),
  'seq goes on under a new epoch (D-4)': () => claiming((claim) => ({ ...claim, seq: 0 })),
  'one publish is in flight a channel (D-5)': () =>
    publishing((publish) => async (...given) => {
      publish(...given).catch(() => undefined);
    }),
  'a publish that failed is repeated with the same bytes (D-5)': () =>
    publishing((publish) => {
      let failed = false;
      return async (topic, channel, message, signal) => {
        try {
          await publish(topic, channel, failed ? rewritten(message, shorter) : message, signal);
          failed = false;
        } catch (error) {
          failed = true;
          throw error;
        }
      };
    }),
  'a reader goes on behind what the target has (D-6)': () =>
    claiming((claim) => ({ ...claim, position: null })),
  'a split that cannot be resumed is one commit (D-7)': () =>
    reading((reader) => ({
      read: async function* (split, from, options) {
        // It says that it can go on from anywhere, and begins anew.
        for await (const batch of reader.read(split, split.resumable ? from : null, options))
          yield { ...batch, position: batch.position ?? '0' };
      },
    })),
  'a mapped batch keeps its identity (D-8)': () =>
    publishing((publish) => {
      const numbers = new Map<string, number>();
      return (topic, channel, message, signal) => {
        if (!topic.endsWith('.mapped')) return publish(topic, channel, message, signal);
        const { generation, split } = readMeta(message.headers);
        const seq = (numbers.get(`${generation} ${split}`) ?? 0) + 1;
        numbers.set(`${generation} ${split}`, seq);
        return publish(
          topic,
          channel,
          rewritten(message, (batch) => ({ ...batch, seq })),
          signal,
        );
      };
    }),
  'readers run ahead by a budget (D-18)': () => ({
    orders: (orders) => ({
      ...orders,
      serve: orders.serve.map((order) => ({ ...order, aheadBytes: Infinity, aheadBatches: Infinity })),
    }),
  }),
  'batches in an open transaction do not count as ahead (D-18)': () => ({
    signals: (signals) =>
      signalsOf(signals, {
        publish: (topic, message) => {
          if (!topic.startsWith('flow:')) signals.publish(topic, message);
        },
      }),
    report: (report) => ({ ...report, runs: report.runs.map(({ applied: _, ...rest }) => rest) }),
  }),
  'the rate of a run holds over all its processes (D-19)': () => {
    let processes = 0;
    return {
      signals: (signals) => {
        const own = processes++;
        return signalsOf(signals, { take: (key, ...given) => signals.take(`${key} ${own}`, ...given) });
      },
    };
  },
  'a new rate comes into force while the run is running (D-19)': () => {
    const first = new Map<string, number | undefined>();
    return {
      orders: (orders) => ({
        ...orders,
        serve: orders.serve.map((order) => {
          if (!first.has(order.run)) first.set(order.run, order.rowsPerSecond);
          const { rowsPerSecond: _, ...rest } = order;
          const rowsPerSecond = first.get(order.run);
          return rowsPerSecond === undefined ? rest : { ...rest, rowsPerSecond };
        }),
      }),
    };
  },
};
