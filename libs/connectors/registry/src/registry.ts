import type { Connector } from '@sluice/connector-sdk';
import { SluiceError } from '@sluice/model';

type Loaded = Promise<{ connector: Connector }>;

/** Every connector, one line each; a driver is loaded when its connector is asked for. */
const CONNECTORS: Readonly<Record<string, () => Loaded>> = {
  csv: () => import('@sluice/connector-csv'),
  jsonl: () => import('@sluice/connector-jsonl'),
  mysql: () => import('@sluice/connector-mysql'),
  parquet: () => import('@sluice/connector-parquet'),
  postgres: () => import('@sluice/connector-postgres'),
  s3: () => import('@sluice/connector-s3'),
  sqlite: () => import('@sluice/connector-sqlite'),
  stream: () => import('@sluice/connector-stream'),
};

export function connectorNames(): string[] {
  return Object.keys(CONNECTORS);
}

/** Throws SLUICE_CFG_CONNECTOR for a name that is none. */
export async function loadConnector(name: string): Promise<Connector> {
  const load = Object.hasOwn(CONNECTORS, name) ? CONNECTORS[name] : undefined;
  if (load === undefined)
    throw new SluiceError(
      'SLUICE_CFG_CONNECTOR',
      `There is no connector ${name}; there are ${connectorNames().join(', ')}.`,
    );
  return (await load()).connector;
}
