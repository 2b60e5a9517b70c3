import { type DataSourceConfig, type Parameters, recordOffsets } from '@sluice/connector-sdk';
import { NOTHING, plus, type Totals, totalsOf } from './checksum.ts';
import { Generator } from './generator.ts';
import { readSettings } from './settings.ts';
import { SinkStore } from './sink-store.ts';

/** What a sink has counted in committed transactions; undefined: nobody prepared it. */
export function sinkTotals(config: DataSourceConfig, table: string): Totals | undefined {
  const store = SinkStore.open(config);
  try {
    const [row] = store.run('select records, bytes, checksum from _sluice_sink where name = ?', [table]);
    if (row === undefined) return undefined;
    const [records, bytes, checksum] = row as [number, number, number];
    return { records, bytes, checksum };
  } finally {
    store.close();
  }
}

/** What all good rows of a generator add up to: what a sink must have counted when it was given each of them once. */
export async function generatorTotals(config: DataSourceConfig, parameters: Parameters): Promise<Totals> {
  const generator = new Generator(readSettings(config, parameters), String(parameters['table']));
  const limits = { maxRecords: 1000, maxBytes: 1024 * 1024 };
  const { splits, schema } = await generator.plan({ channels: 1 });
  let totals = NOTHING;
  for (const split of splits)
    for await (const { rows } of generator.read(split, null, {
      limits,
      signal: new AbortController().signal,
    }))
      totals = plus(totals, totalsOf(rows, recordOffsets(schema, rows)));
  return totals;
}
