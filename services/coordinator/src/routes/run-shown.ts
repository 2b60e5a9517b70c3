import type { DirtyRow, EventRow, RunRow, SplitRow, Versioned } from '@sluice/ports';

/** A run as the API shows it: the plan holds what workers need, not people. */
export function shownRun(run: Versioned<RunRow>): object {
  const {
    plan,
    document: _,
    workspace: __,
    parent: ___,
    prepared: ____,
    finished: _____,
    fenced: ______,
    event: _______,
    replays: ________,
    ...rest
  } = run;
  const planned =
    plan === undefined
      ? {}
      : {
          channels: plan.channels,
          splits: plan.read.splits.length,
          mapped: plan.mapped,
          mode: plan.write.mode,
          ...(plan.read.rows === undefined ? {} : { rows: plan.read.rows }),
        };
  return { ...rest, task: run.parent, plan: planned };
}

export function shownSplit(row: SplitRow): object {
  const { ordinal, channel, split, state, owner, seq, counts, position } = row;
  return {
    split: ordinal,
    channel,
    label: split.label,
    state,
    ...(owner === undefined ? {} : { reader: owner }),
    committed: seq,
    position,
    counts,
  };
}

export function shownDirty(row: DirtyRow): object {
  const { id, split, index, code, column, reason, record, state = 'dirty', replayedAt } = row;
  return {
    id,
    split,
    index,
    state,
    code,
    ...(column === undefined ? {} : { column }),
    reason,
    record,
    ...(replayedAt === undefined ? {} : { replayedAt }),
  };
}

export function shownEvent({ id, time, what, cause, actor }: EventRow): object {
  return { id, time, what, cause, actor };
}
