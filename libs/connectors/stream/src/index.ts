import {
  type CheckStage,
  type Connector,
  type DataSourceConfig,
  TransactionalWriter,
} from '@sluice/connector-sdk';
import { asSluiceError } from '@sluice/model';
import { Generator } from './generator.ts';
import { readSettings } from './settings.ts';
import { SinkConnections } from './sink.ts';
import { SinkStore } from './sink-store.ts';
import { spec } from './spec.ts';

export type { Totals } from './checksum.ts';
export { generatorTotals, sinkTotals } from './totals.ts';

/** The one table that a generator lists; it answers to any other name too. */
const LISTED = 'rows';

/** Generated rows, and a sink that counts them: for tests, demonstrations and measurements. */
export const connector: Connector = {
  spec,
  check: async (config) => check(config),
  tables: async (config, { search = '', after, limit }) => {
    const { rows } = readSettings(config, {});
    const entry = { name: LISTED, qualified: LISTED, kind: 'table' as const, rowsEstimate: rows };
    return after === undefined && limit > 0 && LISTED.includes(search.toLowerCase()) ? [entry] : [];
  },
  describe: async (config, parameters, side) =>
    // A sink takes rows of any schema.
    side === 'target' ? undefined : generator(config, parameters).schema(undefined),
  openReader: async (config, parameters) => generator(config, parameters),
  openWriter: async (config, parameters) => new TransactionalWriter(new SinkConnections(config, parameters)),
};

function generator(config: DataSourceConfig, parameters: Readonly<Record<string, unknown>>): Generator {
  return new Generator(readSettings(config, parameters), String(parameters['table']));
}

function check(config: DataSourceConfig): CheckStage[] {
  const started = performance.now();
  const stages: CheckStage[] = [];
  const stage = (name: string, body: () => string): void => {
    const milliseconds = (): number => Math.round(performance.now() - started);
    try {
      const detail = body();
      stages.push({ name, ok: true, detail, milliseconds: milliseconds() });
    } catch (error) {
      const { code, detail, hint } = asSluiceError(error);
      stages.push({ name, ok: false, detail, code, remedy: hint, milliseconds: milliseconds() });
    }
  };
  stage('settings', () => `${readSettings(config, {}).rows} rows are generated.`);
  if (config['file'] !== undefined)
    stage('connect', () => {
      SinkStore.open(config).close();
      return 'The file is open.';
    });
  return stages;
}
