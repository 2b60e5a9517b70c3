import { KEPT_DIRTY } from '@sluice/connector-sdk';
import { nextEpoch, SluiceError, type StreamProgress } from '@sluice/model';
import type { RunRow, SplitRow, Versioned } from '@sluice/ports';
import { change, everything, log, type RunsContext } from './context.ts';

/** A batch that is lost this often at one seq is not lost by chance (D-11). */
const SEALS_AT_ONE_SEQ = 3;
/** What did not arrive may only be late (a mapper is away, a connection hangs): that is borne with for longer. */
const SEALS_OF_LATE = 12;

/** Splits of a generation in order. */
export function splitsOf(context: RunsContext, generation: string): Promise<Versioned<SplitRow>[]> {
  return everything(context.store.splits, { parent: generation });
}

/** Id of the row of one split: what is found by it needs no list. */
export const splitId = (generation: string, ordinal: number): string =>
  `${generation}:${String(ordinal).padStart(6, '0')}`;

/** One split of a generation; undefined when it is not planned. */
export function splitOf(
  context: RunsContext,
  generation: string,
  ordinal: number,
): Promise<Versioned<SplitRow> | undefined> {
  return context.store.splits.get(splitId(generation, ordinal));
}

/**
 * Gives free splits to readers: one active split a channel, so that a channel's batches are not mixed more than needed. A
 * split that somebody has read before needs a new epoch and a seal (D-6); the planned epoch is the planned reader's alone.
 */
export async function assignSplits(
  context: RunsContext,
  run: RunRow,
  readers: readonly string[],
): Promise<void> {
  const rows = await splitsOf(context, run.generation);
  const alive = new Set(readers);
  const held = (row: SplitRow): boolean => row.owner !== undefined && alive.has(row.owner);
  const active = rows.filter((row) => row.state === 'open' && held(row) && row.readDone !== true);
  const busy = new Set(active.map((row) => row.channel));
  const load = new Map(readers.map((reader) => [reader, 0]));
  for (const row of active) load.set(row.owner!, load.get(row.owner!)! + 1);
  for (const row of rows) {
    if (row.state === 'final' || held(row) || busy.has(row.channel)) continue;
    const [idlest] = [...load.entries()].sort((a, b) => a[1] - b[1]);
    if (idlest === undefined) return;
    const planned = plannedReader(run, row);
    const begins = row.from === undefined && planned !== undefined && load.get(planned)! <= idlest[1];
    const owner = begins ? planned : idlest[0];
    const taken = await context.store.splits.update(
      claimed(row, owner, owner === planned, context.clock.random()),
      row.version,
    );
    if (taken === undefined) continue;
    if (taken.sealing === true)
      await log(context, run.id, 'info', `Split ${row.ordinal} is taken over after batch ${row.seq}.`);
    busy.add(row.channel);
    load.set(owner, load.get(owner)! + 1);
    context.wake();
  }
}

function plannedReader({ plan }: RunRow, { channel }: SplitRow): string | undefined {
  const readers = plan?.readers ?? [];
  return readers[channel % readers.length];
}

function claimed(row: SplitRow, owner: string, planned: boolean, random: number): SplitRow {
  if (row.from === undefined && planned)
    return { ...row, owner, from: { seq: 0, position: null, read: 0, bytes: 0 } };
  return { ...row, owner, sealing: true, readDone: false, readerEpoch: nextEpoch(row.readerEpoch, random) };
}

/** How often the split was sealed at the seq where it is because nothing came. */
export function timesLate(row: SplitRow): number {
  return row.sealedAt?.seq === row.seq ? (row.sealedAt.late ?? 0) : 0;
}

/**
 * A batch is missing: freeze the stream and read on behind what the target has (D-6, D-11). `lost`: later ones came;
 * `late`: nothing came.
 */
export async function reseal(
  context: RunsContext,
  run: RunRow,
  split: number,
  readerEpoch: number,
  what: 'lost' | 'late',
  why: string,
): Promise<void> {
  const row = await splitOf(context, run.generation, split);
  if (row === undefined || row.state === 'final' || row.sealing === true || row.from === undefined) return;
  // An older report: the stream has been sealed since.
  if (readerEpoch < row.readerEpoch) return;
  const times = (row.sealedAt?.seq === row.seq ? row.sealedAt.times : 0) + (what === 'lost' ? 1 : 0);
  const late = timesLate(row) + (what === 'late' ? 1 : 0);
  if (times > SEALS_AT_ONE_SEQ || late > SEALS_OF_LATE)
    throw new SluiceError('SLUICE_BUS_LOST_REPEATEDLY', `Split ${split} does not get past batch ${row.seq}.`);
  const next: SplitRow = {
    ...row,
    sealing: true,
    readDone: false,
    readerEpoch: nextEpoch(Math.max(readerEpoch, row.readerEpoch), context.clock.random()),
    sealedAt: { seq: row.seq, times, late },
  };
  if ((await context.store.splits.update(next, row.version)) === undefined) return;
  await log(context, run.id, 'warn', `Split ${split} is read again after batch ${row.seq}: ${why}.`, {
    split,
  });
  context.wake();
}

/** What a seal found: the owner goes on from there, or a higher epoch is needed (D-1a). */
export async function sealed(
  context: RunsContext,
  run: RunRow,
  split: number,
  epoch: number,
  found: StreamProgress,
): Promise<void> {
  const row = await splitOf(context, run.generation, split);
  if (row === undefined || row.sealing !== true || row.readerEpoch !== epoch) return;
  const { seq, position, counts } = found;
  const higher = found.readerEpoch > epoch;
  await change(context.store.splits, row.id, (current): SplitRow | undefined => {
    if (current.sealing !== true || current.readerEpoch !== epoch) return undefined;
    const mirrored: SplitRow = { ...current, seq, position, counts, state: found.final ? 'final' : 'open' };
    if (higher) return { ...mirrored, readerEpoch: nextEpoch(found.readerEpoch, context.clock.random()) };
    const { produced: _, sealing: __, ...rest } = mirrored;
    return { ...rest, from: { seq, position, read: counts.read, bytes: counts.bytes } };
  });
  context.wake();
}

/** Mirrors what a writer found or committed; the target's word counts, unless a newer writer has spoken. */
export async function mirror(context: RunsContext, generation: string, found: StreamProgress): Promise<void> {
  const id = splitId(generation, found.split);
  const updated = await change(context.store.splits, id, (current): SplitRow | undefined => {
    if (found.writerEpoch < (current.writerEpoch ?? 0)) return undefined;
    const raised = found.readerEpoch > current.readerEpoch;
    const same = found.seq === current.seq && found.writerEpoch === current.writerEpoch && !raised;
    if (same && found.final === (current.state === 'final')) return undefined;
    return {
      ...current,
      seq: found.seq,
      position: found.position,
      counts: found.counts,
      writerEpoch: found.writerEpoch,
      state: found.final ? 'final' : 'open',
      // The target knows a reader epoch that this store never issued: it was restored; go above it (D-1a).
      ...(raised ? { readerEpoch: nextEpoch(found.readerEpoch, context.clock.random()), sealing: true } : {}),
    };
  });
  if (updated?.state === 'final') context.wake();
}

/** Splits whose writers found more dirty records than they could tell of (D-17): what each tells of at once is bounded. */
export function untoldOf(splits: readonly SplitRow[]): number[] {
  return splits
    .filter(({ told = 0, counts }) => told < Math.min(counts.dirty, KEPT_DIRTY))
    .map(({ ordinal }) => ordinal);
}
