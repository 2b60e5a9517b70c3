/**
 * `node query-copy.ts HOME SOURCE TARGET READER`: one copy by the parameters of a reader, as JSON, on an engine of its own; started again
 * on the same home it goes on with the run that the process before it left. Prints the run.
 */
import { connectorForUrl } from '@sluice/connectors';
import { uuidv7 } from '@sluice/model';
import { startEngine } from '@sluice/standalone';
import { rested } from '../e2e/pairs.ts';

const [home, source, target, parameters] = process.argv.slice(2) as [string, string, string, string];
const engine = await startEngine(home);
const { workspace, store, runs, sources } = engine;
let [run] = (await store.runs.list({ workspace, limit: 1 })).items;
if (run === undefined) {
  for (const [name, url] of Object.entries({ source, target })) {
    const { connector, config } = connectorForUrl(url);
    await sources.create(workspace, name, connector, config);
  }
  const task = await store.tasks.insert({
    id: uuidv7(),
    workspace,
    name: 'queried',
    document: {
      mode: 'full',
      reader: { dataSource: 'source', parameters: JSON.parse(parameters) as Record<string, unknown> },
      writer: { dataSource: 'target', parameters: { table: 'orders' } },
      write: { mode: 'insert', createTable: false },
      control: { channels: 2, batchRecords: 100, rowsPerSecond: 3000 },
    },
    createdAt: 1,
    updatedAt: 1,
  });
  run = await runs.control.start({ workspace, task: task.id, trigger: 'test', actor: 'test' });
}
const { state, counts, error } = await rested(engine, run.id);
process.stdout.write(`${JSON.stringify({ state, counts, error })}\n`);
await engine.stop();
