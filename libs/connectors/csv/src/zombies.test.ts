import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Unit } from '@sluice/connector-sdk';
import { batchOf, filePlan, Owner, readFiles, type SplitRows, testRoot } from '@sluice/file-kit/fixture';
import { asSluiceError, nextEpoch, type RowSchema } from '@sluice/model';
import { decodeRows } from '@sluice/wire';
import { build } from '@sluice/wire/row-arbitrary';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { connector } from './index.ts';

const SCHEMA: RowSchema = { name: 't', key: [], columns: [{ name: 'id', kind: 'int', nullable: false }] };
const SPLITS = 2;
const BATCHES = 2;
const ROWS = 4;

function rowsOf(split: number): SplitRows {
  return Array.from({ length: BATCHES }, (_, b) => {
    const ids = Array.from({ length: ROWS }, (_row, i) => (split * BATCHES + b) * ROWS + i);
    return {
      rows: build(
        SCHEMA,
        ids.map((id) => [{ value: id }]),
      ),
      count: ROWS,
    };
  });
}

const IDS = Array.from({ length: SPLITS * BATCHES * ROWS }, (_, id) => id);

/** A process that writes, or believes that it still may. */
class Process {
  readonly owner: Owner;
  /** What it believes to be committed, and what is in its unit, per split. */
  readonly #seqs = new Map<number, number>();
  readonly #open = new Map<number, number>();
  readonly #epochs: ReadonlyMap<number, number>;
  #unit: Unit | undefined;

  constructor(owner: Owner) {
    this.owner = owner;
    for (const { split, seq } of owner.rows) this.#seqs.set(split, seq);
    this.#epochs = new Map(owner.rows.map(({ split, readerEpoch }) => [split, readerEpoch]));
  }

  async offer(split: number): Promise<void> {
    const { plan } = this.owner;
    const seq = (this.#open.get(split) ?? this.#seqs.get(split)!) + 1;
    if (seq > BATCHES + 1) return;
    this.#unit ??= await this.owner.unit();
    const batch = { ...batchOf(plan, split, seq, rowsOf(split)), epoch: this.#epochs.get(split)! };
    const { kind } = await this.#unit.offer(batch);
    if (kind === 'added') this.#open.set(split, seq);
  }

  async commit(): Promise<void> {
    const unit = this.#unit;
    if (unit === undefined) return;
    for (const { split, seq } of await unit.commit()) this.#seqs.set(split, seq);
    this.#unit = undefined;
    this.#open.clear();
  }

  async commitOrNot(): Promise<void> {
    try {
      await this.commit();
    } catch (error) {
      isRefusal(error);
      await this.rollback();
    }
  }

  async rollback(): Promise<void> {
    await this.#unit?.rollback();
    this.#unit = undefined;
    this.#open.clear();
  }
}

/** Overtaken or fenced, and never anything else. */
function isRefusal(error: unknown): void {
  expect(asSluiceError(error).kind).toMatch(/transient|fenced/);
}

type Action = readonly [what: number, who: number, split: number];

describe('writers that sleep, wake up late and are followed by others', () => {
  it.each(['a.csv', './'])(
    'leave every row exactly once in %s, in any order of their steps',
    async (path) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(fc.nat(11), fc.nat(2), fc.nat(SPLITS - 1)), { minLength: 15, maxLength: 40 }),
          async (actions: readonly Action[]) => {
            const root = testRoot(true);
            const plan = filePlan(SCHEMA, SPLITS);
            const processes: Process[] = [];
            let above = 0;
            const begin = async (): Promise<Process> => {
              const process = new Process(await Owner.of(connector, root, { path }, plan, above));
              above = process.owner.claim.epoch;
              processes.push(process);
              return process;
            };
            await begin();
            for (const [what, who, split] of actions) {
              const process = processes[processes.length - 1 - (who % processes.length)]!;
              try {
                if (what <= 5) await process.offer(split);
                else if (what <= 8) await process.commit();
                else if (what === 9) await process.rollback();
                else if (what === 10) await begin();
                else await process.owner.writer.seal(plan, split, nextEpoch(above));
              } catch (error) {
                // Overtaken or fenced, and never anything else; what was open is given up.
                expect(asSluiceError(error).kind).toMatch(/transient|fenced/);
                await process.rollback();
              }
            }
            const last = await begin();
            for (let split = 0; split < SPLITS; split++)
              for (let seq = 1; seq <= BATCHES + 1; seq++) await last.offer(split);
            await last.commit();
            // Those that were asleep publish, too.
            await Promise.allSettled(processes.map(({ owner }) => owner.writer.finish(plan)));
            await last.owner.writer.finish(plan);
            const { plan: read, rows } = await readFiles(connector, root, { path, types: { id: 'int' } });
            expect(decodeRows(read.schema, rows).flat()).toEqual(IDS);
            if (path !== './') expect(readFileSync(join(root, path), 'utf8')).toBe(`id\n${IDS.join('\n')}\n`);
            await Promise.all(processes.map(({ owner }) => owner.close()));
          },
        ),
        { numRuns: 12, endOnFailure: true },
      );
    },
  );
});
