import { type ChannelWriter, crashPoint, type Offered, type Unit } from '@sluice/connector-sdk';
import { asSluiceError, type Batch, type Counts, SluiceError } from '@sluice/model';
import type { Delivery, Lane, LogLine, StageOrder, StageReport } from '@sluice/ports';
import { decodeBatch } from '@sluice/wire';
import { traceOf } from './batch-span.ts';
import { flowTopic, type StageContext } from './stage.ts';

/** Budget of one unit (D-10), unless its plan has another. */
const UNIT_ROWS = 50_000;
const UNIT_BYTES = 16 * 1024 * 1024;
const UNIT_MILLISECONDS = 1000;
/**
 * How long a unit that could be closed waits for more. Short enough not to be felt, long enough that a reader which is a
 * little slower than the target does not make a transaction of every batch.
 */
const LINGER = 25;
/** How long a unit that cannot be closed yet keeps its locks without a message before it is rolled back. */
const STUCK = 8000;
/** How long the locks stay free after that: whoever waits for them comes first. */
const STEP_BACK = 500;
/** An idle lane says so this often; what is missing behind it was lost (D-11). */
const IDLE = 1000;
/** A gap that was reported is reported again after this long. */
const GAP_AGAIN = 2000;
/** So many batches behind a gap may come before the missing one counts as lost and not just as late. */
const LATE = 8;

export interface WriteLoopOptions {
  readonly context: StageContext;
  readonly order: () => StageOrder;
  readonly lane: Lane;
  readonly channel: ChannelWriter;
  readonly signal: AbortSignal;
}

interface Gap {
  readonly seq: number;
  readonly readerEpoch: number;
  /** Batches that came behind it since the lane was rewound. */
  behind: number;
  /** When a seal was asked for; undefined while the lane is being read once more. */
  reportedAt?: number;
}

/** Applies the batches of one channel in units (D-10, D-11) while the claim holds. */
export class WriteLoop {
  readonly #options: WriteLoopOptions;
  /**
   * Streams with a gap, until a commit moves them. The lane is rewound once; if the batch does not come soon after that either,
   * what follows under the same reader epoch is lost as well: it is dropped unread, and no lock is held, until a seal brings a
   * new epoch.
   */
  readonly #gaps = new Map<number, Gap>();
  /** Where the final batches that are not committed yet came from, for the log. */
  readonly #finals = new Map<number, Pick<LogLine, 'traceId' | 'spanId'>>();

  constructor(options: WriteLoopOptions) {
    this.#options = options;
  }

  /** Ends on abort; throws the SluiceError that ended a unit, which is rolled back then. `committed` after each commit. */
  async run(committed: () => void): Promise<void> {
    const { lane, signal } = this.#options;
    while (!signal.aborted) {
      const first = await lane.next(IDLE);
      if (signal.aborted) return;
      if (first === undefined) {
        this.#say({ drained: [lane.channel] });
        for (const [split, gap] of this.#gaps) this.#report(split, gap);
        continue;
      }
      const unit = await this.#options.channel.begin();
      try {
        await this.#apply(unit, first);
        committed();
      } catch (error) {
        if (unit.isInDoubt) this.#say({ healing: { 'in-doubt': 1 } });
        await unit.rollback();
        throw error;
      }
    }
  }

  /** Fills and commits one unit. */
  async #apply(unit: Unit, first: Delivery): Promise<void> {
    const { lane, context, signal } = this.#options;
    const budget = { rows: 0, bytes: 0, until: context.clock.now() + UNIT_MILLISECONDS };
    /** Streams whose last batch has no position: the unit cannot be closed behind it (D-7). */
    const open = new Map<number, Batch>();
    let message: Delivery | undefined = first;
    let linger = LINGER;
    let last = first.offset - 1;
    let rewind = false;
    while (message !== undefined) {
      const batch = this.#decode(message);
      if (batch !== undefined && !this.#isLost(batch)) {
        const offered = await unit.offer(batch);
        if (offered.kind === 'added') {
          budget.rows += batch.recordCount;
          budget.bytes += batch.rows.length;
          linger = batch.kind === 'data' ? LINGER : 0;
          if (batch.position === null) open.set(batch.split, batch);
          else open.delete(batch.split);
          if (batch.kind === 'final') this.#finals.set(batch.split, traceOf(message));
          this.#applied(batch);
        } else if (this.#dropped(batch, offered)) {
          rewind = true;
          break;
        } else if (offered.kind === 'gap' && open.has(batch.split)) break;
      }
      last = message.offset;
      const { records = UNIT_ROWS, bytes = UNIT_BYTES } = this.#options.order().plan.write.transaction ?? {};
      const full = budget.rows >= records || budget.bytes >= bytes || context.clock.now() >= budget.until;
      if (open.size === 0 && full) break;
      message = (await lane.next(0)) ?? (await lane.next(open.size === 0 ? linger : STUCK));
      if (signal.aborted && open.size > 0) break;
    }
    if (open.size > 0) {
      // Its reader is gone or the rest is lost: give the locks back, so that a seal can freeze the stream.
      await unit.rollback();
      const stuck = [...open.values()].map(({ split, epoch, seq }) => ({ split, readerEpoch: epoch, seq }));
      this.#say({ healing: { 'rolled-back': 1 }, ...(rewind ? {} : { stuck }) });
      if (!rewind) await context.clock.sleep(STEP_BACK, signal);
      if (!signal.aborted) await lane.rewind();
      return;
    }
    await this.#commit(unit, last);
    if (rewind) await lane.rewind();
  }

  async #commit(unit: Unit, offset: number): Promise<void> {
    const { lane } = this.#options;
    const rows = await unit.commit();
    for (const row of rows) this.#gaps.delete(row.split);
    lane.commit(offset);
    crashPoint('writer.afterOffset');
    if (rows.length === 0) return;
    for (const { split, final, counts } of rows) if (final) this.#written(split, counts);
    this.#say(
      { progress: rows, ...(unit.dirty.length === 0 ? {} : { dirty: unit.dirty }) },
      rows.some((row) => row.final),
    );
  }

  #written(split: number, { written, dirty }: Counts): void {
    const { context } = this.#options;
    const said = `Written to its end: ${written} records${dirty === 0 ? '' : `, ${dirty} dirty`}.`;
    context.reporter.log('info', said, { split, ...this.#finals.get(split) });
    this.#finals.delete(split);
  }

  #applied(batch: Batch): void {
    const { context, order } = this.#options;
    const { split, epoch, seq } = batch;
    context.signals.publish(flowTopic(order().run), `${split}:${epoch}:${seq}`);
    context.reporter.add({ applied: { [split]: { epoch, seq } } });
  }

  /** Books a batch that was not added; true when the lane is to be rewound to look for what is missing. */
  #dropped(batch: Batch, offered: Exclude<Offered, { kind: 'added' }>): boolean {
    const { context } = this.#options;
    context.reporter.add({ healing: { [offered.kind]: 1 } });
    if (offered.kind === 'fenced')
      throw new SluiceError('SLUICE_TGT_FENCED', `Split ${batch.split} has a newer writer.`);
    const { split } = batch;
    if (offered.kind === 'set-back') {
      this.#report(split, { seq: offered.found.seq, readerEpoch: offered.found.readerEpoch, behind: 0 });
      throw new SluiceError(
        'SLUICE_TGT_FENCED',
        `The progress row of split ${split} was changed by somebody else.`,
      );
    }
    if (offered.kind !== 'gap') return false;
    const known = this.#gaps.get(split);
    const { seq, readerEpoch } = offered.found;
    if (known === undefined || known.readerEpoch !== readerEpoch) {
      // The bus may still have it: look once, then read it again from the source.
      this.#gaps.set(split, { seq, readerEpoch, behind: 0 });
      return true;
    }
    // A bus that swaps for good would lose the same batch until the run fails: wait for the one that is only late.
    if (++known.behind > LATE) this.#report(split, known);
    return false;
  }

  /** Whether the batch lies behind a gap that only a seal can heal. */
  #isLost(batch: Batch): boolean {
    const gap = this.#gaps.get(batch.split);
    if (gap?.reportedAt === undefined || batch.epoch !== gap.readerEpoch) return false;
    this.#report(batch.split, gap);
    return true;
  }

  /** Says how it stands, and that the generation is prepared: a store that was set back has forgotten it. */
  #say(part: Partial<StageReport>, urgent = false): void {
    this.#options.context.reporter.add({ prepared: true, ...part }, urgent);
  }

  /** Asks for a seal, again after a while. */
  #report(split: number, gap: Gap): void {
    const { context } = this.#options;
    const now = context.clock.now();
    if (gap.reportedAt !== undefined && now - gap.reportedAt < GAP_AGAIN) return;
    gap.reportedAt = now;
    const { readerEpoch, seq } = gap;
    this.#say({ gaps: [{ split, readerEpoch, seq }] }, true);
  }

  #decode(message: Delivery): Batch | undefined {
    const { context } = this.#options;
    try {
      return decodeBatch(message.headers, message.value);
    } catch (error) {
      const { code, detail } = asSluiceError(error);
      context.reporter.add({ healing: { undecodable: 1 } });
      context.reporter.log('warn', `Message ${message.offset} put aside: ${detail}`, {
        stage: 'write',
        code,
        ...traceOf(message),
      });
      return undefined;
    }
  }
}
