/** Writes the batches of one split into a folder of a bucket and publishes them: what a test kills. Arguments: data source and plan as JSON. */
import { batchOf, Owner } from '@sluice/file-kit/fixture';
import type { RowSchema, WritePlan } from '@sluice/model';
import { build } from '@sluice/wire/row-arbitrary';
import { connector } from './index.ts';

export const KILLED_SCHEMA: RowSchema = {
  name: 't',
  key: [],
  columns: [{ name: 'id', kind: 'int', nullable: false }],
};

export const KILLED_PARAMETERS = { path: 'out/', existing: 'truncate' } as const;

/** Two batches of 50 rows. */
export const killedRows = [0, 1].map((b) => ({
  rows: build(
    KILLED_SCHEMA,
    Array.from({ length: 50 }, (_, i) => [{ value: b * 50 + i }]),
  ),
  count: 50,
}));

if (import.meta.main) {
  const [config = '', text = ''] = process.argv.slice(2);
  const plan = JSON.parse(text) as WritePlan;
  const owner = await Owner.of(connector, JSON.parse(config), KILLED_PARAMETERS, plan);
  for (const seq of [1, 2, 3]) await owner.write(batchOf(plan, 0, seq, killedRows));
  await owner.writer.finish(plan);
  await owner.close();
}
