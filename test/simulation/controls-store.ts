import type { Collection, Indexed, RunRow, SplitRow, StageReport, Store } from '@sluice/ports';
import type { Sabotage } from './sabotage.ts';

/** Reports that keep silent about something. */
const silent = (part: keyof StageReport): Sabotage => ({
  report: (report) => ({
    ...report,
    runs: report.runs.map(({ [part]: _, ...rest }) => rest as StageReport),
  }),
});

/** A coordinator's store in which some rows are changed when they are written. */
const storing = (change: {
  splits?: (row: SplitRow) => SplitRow;
  runs?: (row: RunRow) => RunRow;
}): Sabotage => ({
  store: (store) => ({
    ...store,
    splits: collectionOf(store.splits, change.splits ?? ((row) => row)),
    runs: collectionOf(store.runs, change.runs ?? ((row) => row)),
  }),
});

const collectionOf = <T extends Indexed>(rows: Collection<T>, change: (row: T) => T): Collection<T> => ({
  ...rows,
  insert: (row) => rows.insert(change(row)),
  update: (row, version) => rows.update(change(row), version),
});

/** A collection in which the last one to write wins. */
const careless = <T extends Indexed>(rows: Collection<T>): Collection<T> => ({
  ...rows,
  update: async (row) => {
    const now = await rows.get(row.id);
    return now === undefined ? undefined : rows.update(row, now.version);
  },
});

/** An epoch without its random bits. */
const bare = (epoch: number): number => epoch - (epoch % 2 ** 20);

/** Rules that coordinators and their store keep, each taken out. */
export const STORE_CONTROLS: Readonly<Record<string, () => Sabotage>> = {
  'an epoch is never issued twice (D-1a)': () => ({
    ...storing({
      splits: (row) => ({ ...row, readerEpoch: bare(row.readerEpoch) }),
      runs: (row) =>
        row.plan === undefined
          ? row
          : {
              ...row,
              plan: {
                ...row.plan,
                write: {
                  ...row.plan.write,
                  streams: row.plan.write.streams.map((stream) => ({
                    ...stream,
                    readerEpoch: bare(stream.readerEpoch),
                    writerEpoch: bare(stream.writerEpoch),
                  })),
                },
              },
            },
    }),
    claim:
      (claim) =>
      async (...given) => ({ epoch: bare((await claim(...given)).epoch) }),
  }),
  'a reader keeps its split until the final is committed (D-5)': () =>
    storing({
      splits: ({ owner, ...row }) => (row.readDone === true || owner === undefined ? row : { ...row, owner }),
    }),
  'a missing batch is reported, and read again (D-11)': () => silent('gaps'),
  'a drained lane with missing batches is reported (D-11)': () => silent('drained'),
  'a change of state leaves an event (D-20)': () => ({
    store: (store) => ({
      ...store,
      events: { ...store.events, insert: async (row) => ({ ...row, version: 1 }) },
    }),
  }),
  'every change is made on the version that was looked at (D-20, D-21)': () => ({
    store: (store): Store => ({ ...store, runs: careless(store.runs), splits: careless(store.splits) }),
  }),
  'a task has one active run (D-24)': () => ({ anyActive: true }),
  'an unfinished run that appends is resumed by the next start (D-24)': () => ({
    control: (control) => ({
      start: (request) => control.start({ ...request, fresh: true }),
      stop: (...given) => control.stop(...given),
      cancel: (...given) => control.cancel(...given),
      resume: (...given) => control.resume(...given),
      throttle: (...given) => control.throttle(...given),
      validate: (...given) => control.validate(...given),
      replay: (...given) => control.replay(...given),
      targetTable: (...given) => control.targetTable(...given),
      dryRun: (...given) => control.dryRun(...given),
    }),
  }),
  'the target says what an earlier run has appended (D-24)': () =>
    storing({ runs: (row) => ({ ...row, repeats: 'g' }) }),
};
