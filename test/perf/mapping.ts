/**
 * `npm run bench -- --only mapping`: what mappings cost a map stage in CPU time per row, without bus and databases: each decodes a message, maps the
 * batch and encodes it anew, as the stage does. The mappings take turns, so that the machine is the same for all; the pass-through,
 * which only decodes and encodes, is the measure.
 */
import { RowBatchBuilder } from '@sluice/connector-sdk';
import { compileMapping, mappedSchema, planMapping } from '@sluice/mapping';
import type { Batch, RowSchema, TaskDocument } from '@sluice/model';
import { decodeBatch, encodeBatch } from '@sluice/wire';

type Wishes = Pick<TaskDocument, 'mapping' | 'filter' | 'transformers'>;

const ROWS = 1000;
/** Batches of one turn, and turns of each mapping. */
const BATCHES = 200;
const TURNS = 9;

const SOURCE: RowSchema = {
  name: 'orders',
  key: ['id'],
  columns: [
    { name: 'id', kind: 'long', nullable: false },
    { name: 'customer', kind: 'long', nullable: false },
    { name: 'amount', kind: 'decimal', precision: 12, scale: 2, nullable: false },
    { name: 'quantity', kind: 'int', nullable: false },
    { name: 'status', kind: 'string', nullable: false },
    { name: 'note', kind: 'string', nullable: true },
    { name: 'email', kind: 'string', nullable: true },
    { name: 'placed', kind: 'timestamp', nullable: false },
    { name: 'day', kind: 'date', nullable: false },
    { name: 'ratio', kind: 'double', nullable: true },
  ],
};
const NAMES = SOURCE.columns.map(({ name }) => name);
const KEEP = NAMES.map((name) => ({ to: name, from: name }));

const MAPPINGS: Readonly<Record<string, Wishes>> = {
  'pass-through': {},
  'renames and reorders': { mapping: [...KEEP.slice(1), { to: 'order_id', from: 'id' }] },
  'filters by a number': { filter: 'quantity >= 10' },
  'filters by a text': { filter: "status != 'deleted'" },
  'computes one column': { mapping: [...KEEP, { to: 'gross', expression: 'amount * 1.19' }] },
  'computes a text': { mapping: [...KEEP, { to: 'label', expression: "upper(status) + '-' + string(id)" }] },
  'masks an email': {
    mapping: [...KEEP.filter(({ to }) => to !== 'email'), { to: 'email', expression: 'redactEmail(email)' }],
  },
  'hashes (sha256)': {
    mapping: [...KEEP.filter(({ to }) => to !== 'email'), { to: 'email', expression: 'sha256(email)' }],
  },
  'casts one column': { mapping: [{ to: 'id', from: 'id', cast: 'string' }, ...KEEP.slice(1)] },
  'transforms (dx_substr)': { transformers: [{ name: 'dx_substr', column: 'note', paras: ['0', '10'] }] },
};

function message(): ReturnType<typeof encodeBatch> & { bytes: number } {
  const builder = new RowBatchBuilder();
  for (let n = 0; n < ROWS; n++) {
    builder.longNumber(1_000_000 + n);
    builder.longNumber((n * 7919) % 100_000);
    builder.decimalNumber((n * 31_337) % 1_000_000);
    builder.int(n % 20);
    builder.string(['new', 'paid', 'shipped', 'deleted'][n % 4]!);
    builder.string(`a note of an ordinary length for the order ${n}, with some more of it behind`);
    builder.string(`customer.${n}@example.org`);
    builder.longNumber(1_700_000_000_000_000 + n * 1_234_567);
    builder.int(19_000 + (n % 1000));
    builder.double(n / 7);
    builder.endRow();
  }
  const { rows, recordCount } = builder.take();
  const ids = { task: 't', generation: 'g', run: 'r', split: 0, channel: 0, epoch: 1, seq: 1, position: 'p' };
  const counts = { recordCount, filteredCount: 0, dirtyCount: 0, sourceBytes: rows.length };
  const batch: Batch = { kind: 'data', ...ids, ...counts, rows, dirty: [] };
  return { ...encodeBatch(batch, 1), bytes: rows.length / ROWS };
}

/** A map stage without its bus. Throws when the mapping has a problem. */
function stage(wishes: Wishes): (from: ReturnType<typeof encodeBatch>) => number {
  const run = { id: 'r', startedAt: 0 };
  const plan = planMapping(wishes, SOURCE, undefined, { run, parameters: {}, hasSecret: () => false });
  if (plan.problems.length > 0) throw new Error(plan.problems.map(({ detail }) => detail).join(' '));
  const map = compileMapping(plan.mapping, SOURCE);
  // Registering it is what a run does once.
  mappedSchema(plan.mapping, SOURCE);
  return ({ headers, value }) => encodeBatch(map(decodeBatch(headers, value)), 2).value.length;
}

export function benchMappings(say: (line: string) => void): void {
  const from = message();
  const stages = Object.entries(MAPPINGS).map(([name, wishes]) => ({
    name,
    run: stage(wishes),
    best: Infinity,
  }));
  for (const { run } of stages) for (let n = 0; n < BATCHES; n++) run(from);
  for (let turn = 0; turn < TURNS; turn++)
    for (const one of stages) {
      const started = process.cpuUsage();
      for (let n = 0; n < BATCHES; n++) one.run(from);
      const { user, system } = process.cpuUsage(started);
      one.best = Math.min(one.best, ((user + system) * 1e3) / (BATCHES * ROWS));
    }
  const pass = stages[0]!.best;
  say(`${ROWS} rows a batch, ${Math.round(from.bytes)} bytes a row, the best of ${TURNS} turns`);
  for (const { name, best } of stages)
    say(
      `${name.padEnd(24)} ${best.toFixed(0).padStart(5)} ns a row, ${(1e3 / best).toFixed(2)} M rows/s, ${(pass / best).toFixed(2)} of the pass-through`,
    );
}
