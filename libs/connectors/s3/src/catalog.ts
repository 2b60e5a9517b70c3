import type { CheckStage, DataSourceConfig, TableEntry } from '@sluice/connector-sdk';
import { asSluiceError } from '@sluice/model';
import { S3Client } from './client.ts';
import { ObjectSource } from './object-source.ts';

/** Objects that are looked at when objects are listed. */
const MOST_LOOKED_AT = 10_000;

/** Whether the store can be asked from here, and the bucket be listed. */
export async function checkBucket(config: DataSourceConfig): Promise<CheckStage[]> {
  const started = performance.now();
  const stages: CheckStage[] = [];
  const stage = async (name: string, body: () => Promise<string>): Promise<boolean> => {
    const milliseconds = (): number => Math.round(performance.now() - started);
    try {
      stages.push({ name, ok: true, detail: await body(), milliseconds: milliseconds() });
      return true;
    } catch (thrown) {
      const { code, detail, hint } = asSluiceError(thrown);
      stages.push({ name, ok: false, detail, code, remedy: hint, milliseconds: milliseconds() });
      return false;
    }
  };
  let client: S3Client | undefined;
  const list = { 'list-type': '2', 'max-keys': '1', prefix: String(config['prefix'] ?? '') };
  try {
    const isThere = await stage('connect', async () => {
      client = new S3Client(config, 'source');
      await client.ask({ method: 'GET', key: '', query: list });
      return 'The store answers.';
    });
    if (isThere)
      await stage('list', async () => {
        await client!.get({ method: 'GET', key: '', query: list });
        return 'The bucket can be listed.';
      });
  } finally {
    client?.close();
  }
  return stages;
}

/** Objects below the prefix, by key. */
export async function listObjects(
  config: DataSourceConfig,
  query: { search?: string; limit: number },
): Promise<TableEntry[]> {
  const client = new S3Client(config, 'source');
  const search = (query.search ?? '').toLowerCase();
  const found: string[] = [];
  let looked = 0;
  try {
    for await (const key of new ObjectSource(client, String(config['prefix'] ?? '')).list('')) {
      if (key.toLowerCase().includes(search)) found.push(key);
      if (++looked === MOST_LOOKED_AT || found.length === query.limit) break;
    }
  } finally {
    client.close();
  }
  return found.map((key) => ({ name: key, qualified: key, kind: 'table' }));
}
