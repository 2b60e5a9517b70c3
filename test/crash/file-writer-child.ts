/** Writes the batches of every split with the CSV connector and publishes them: what a crash test kills. Arguments: root, path, plan as JSON. */
import { connector } from '@sluice/connector-csv';
import { batchOf, Owner } from '@sluice/file-kit/fixture';
import { permitFileRoot } from '@sluice/file-kit';
import type { WritePlan } from '@sluice/model';
import { crashRows } from './file-crash-rows.ts';

const [root = '', path = '', text = ''] = process.argv.slice(2);
const plan = JSON.parse(text) as WritePlan;
permitFileRoot(root);
const owner = await Owner.of(
  connector,
  root,
  { path, maxFileBytes: path.endsWith('/') ? 1024 : undefined },
  plan,
);
for (const { split } of plan.streams)
  for (const seq of [1, 2, 3]) await owner.write(batchOf(plan, split, seq, crashRows(split)));
await owner.writer.finish(plan);
await owner.close();
