import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataSourceConfig } from '@sluice/connector-sdk';
import { batchOf, filePlan, Owner } from '@sluice/file-kit/fixture';
import { type RowSchema, uuidv7, type WritePlan } from '@sluice/model';
import { has } from '@sluice/testkit';
import { build } from '@sluice/wire/row-arbitrary';
import { describe, expect, it } from 'vitest';
import { testBucket } from './bucket.fixture.ts';
import { Bucket } from './bucket.ts';
import { S3Client } from './client.ts';
import { connector } from './index.ts';
import { KILLED_PARAMETERS, KILLED_SCHEMA, killedRows } from './killed-writer.fixture.ts';

const CHILD = join(import.meta.dirname, 'killed-writer.fixture.ts');
const FOLDER = 'a b/out/';
/** Passes that are tried at a time. */
const AT_ONCE = 3;
/** What the first child compiles the others need not. */
const CACHE = mkdtempSync(join(tmpdir(), 'sluice-compiled-'));
const WHOLE = `id\n${Array.from({ length: 100 }, (_, id) => id).join('\n')}\n`;

interface Place {
  readonly config: DataSourceConfig;
  readonly client: S3Client;
  readonly bucket: Bucket;
}

async function place(): Promise<Place> {
  const { config } = await testBucket();
  const client = new S3Client(config, 'target');
  return { config, client, bucket: new Bucket(client) };
}

async function keys({ bucket }: Place, prefix = FOLDER): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of bucket.list(prefix)) found.push(key.slice(FOLDER.length));
  return found;
}

/** What readers of the folder see. */
const visible = async (at: Place): Promise<string[]> => (await keys(at)).filter((key) => !/^[._]/.test(key));

async function uploads({ bucket }: Place): Promise<string[]> {
  const found: string[] = [];
  await bucket.abort(FOLDER, (key) => found.push(key) < 0);
  return found;
}

function write({ config }: Place, plan: WritePlan, point: string): Promise<string> {
  return new Promise((resolve) => {
    const args = ['--no-warnings', CHILD, JSON.stringify(config), JSON.stringify(plan)];
    const child = spawn(process.execPath, args, {
      env: { PATH: process.env['PATH'] ?? '', NODE_COMPILE_CACHE: CACHE, SLUICE_CRASH_AT: point },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    child.once('close', (code, signal) => resolve(signal ?? String(code)));
  });
}

/** Another process goes on from what the target says, as the runtime does. */
async function resume({ config }: Place, plan: WritePlan): Promise<void> {
  const owner = await Owner.of(connector, config, KILLED_PARAMETERS, plan, 2 ** 40);
  for (const { seq } of owner.rows)
    for (let next = seq + 1; next <= 3; next++) await owner.write(batchOf(plan, 0, next, killedRows));
  await owner.writer.finish(plan);
  await owner.close();
}

/** Kills a writer at one pass of a point, looks, goes on and looks again; answers how the writer ended. */
async function survives(point: string): Promise<string> {
  const at = await place();
  const plan = filePlan(KILLED_SCHEMA, 1);
  const how = await write(at, plan, point);
  const contents = async (): Promise<string[]> =>
    Promise.all((await visible(at)).map(async (key) => (await at.bucket.read(FOLDER + key))!.toString()));
  for (const content of await contents()) expect(content, point).toBe(WHOLE);
  await resume(at, plan);
  expect(await visible(at), point).toEqual([expect.stringMatching(`^part-${plan.generation}-`)]);
  expect(await contents(), point).toEqual([WHOLE]);
  // Nothing is left behind: neither staged objects nor uploads that cost without being seen.
  const rest = await keys(at, `${FOLDER}.sluice/`);
  expect(
    rest.filter((key) => !key.includes('/state/state-')),
    point,
  ).toEqual([]);
  expect(await uploads(at), point).toEqual([]);
  at.client.close();
  return how;
}

describe.skipIf(!has('s3'))('objects of a generation', () => {
  // Prepared, taken over, three units, decided, uploaded and looked at again, manifest, done, finished.
  it.each(['file.afterTmp', 'file.afterRename'])(
    'appear once and whole, whenever their writer is killed: %s',
    async (point) => {
      const ends: string[] = [];
      while (!ends.includes('0')) {
        const passes = Array.from({ length: AT_ONCE }, (_, i) => `${point}:${ends.length + i + 1}`);
        ends.push(...(await Promise.all(passes.map(survives))));
      }
      expect(ends.filter((how) => how === 'SIGKILL').length).toBeGreaterThanOrEqual(12);
      expect(ends.filter((how) => how !== 'SIGKILL' && how !== '0')).toEqual([]);
    },
  );

  it('replace those of the generation before, and a late riser of that one brings nothing back', async () => {
    const at = await place();
    const task = uuidv7();
    const [older, newer] = [1, 2].map((time) =>
      filePlan(KILLED_SCHEMA, 1, { task, generation: uuidv7(time), truncateFirst: true }),
    );
    // It dies with its upload begun and all parts uploaded.
    expect(await write(at, older!, 'file.afterTmp:9')).toBe('SIGKILL');
    const begun = await uploads(at);
    await resume(at, newer!);
    expect(begun.length).toBeGreaterThan(0);
    expect(await uploads(at)).toEqual([]);
    expect(await visible(at)).toEqual([expect.stringMatching(`^part-${newer!.generation}-`)]);
    const late = Owner.of(connector, at.config, KILLED_PARAMETERS, older!, 2 ** 40);
    await expect(late).rejects.toMatchObject({ code: 'SLUICE_TGT_REPLACED' });
    expect(await visible(at)).toEqual([expect.stringMatching(`^part-${newer!.generation}-`)]);
  });

  it('are uploaded in parts when they are large, and the manifest tells their bytes', async () => {
    const schema: RowSchema = {
      ...KILLED_SCHEMA,
      columns: [{ name: 'text', kind: 'string', nullable: false }],
    };
    const text = 'large '.repeat(20_000);
    const batches = Array.from({ length: 4 }, () => ({
      rows: build(
        schema,
        Array.from({ length: 80 }, () => [{ value: text }]),
      ),
      count: 80,
    }));
    const at = await place();
    const plan = filePlan(schema, 1);
    const owner = await Owner.of(connector, at.config, KILLED_PARAMETERS, plan);
    for (let seq = 1; seq <= 5; seq++) await owner.write(batchOf(plan, 0, seq, batches));
    await owner.writer.finish(plan);
    await owner.close();
    const [name] = await visible(at);
    const found: Record<string, string> = {};
    for await (const { key, etag } of at.bucket.list(FOLDER)) found[key.slice(FOLDER.length)] = etag;
    // Stores count the parts in the ETag.
    expect(found[name!]).toMatch(/-2"$/);
    const content = (await at.bucket.read(FOLDER + name!))!;
    expect(content.toString()).toBe(`text\n${`${text}\n`.repeat(320)}`);
    const manifest = JSON.parse(
      (await at.bucket.read(`${FOLDER}_manifest-${plan.generation}.json`))!.toString(),
    );
    expect(manifest).toMatchObject({
      rows: 320,
      files: [
        {
          name,
          rows: 320,
          bytes: content.length,
          sha256: createHash('sha256').update(content).digest('hex'),
        },
      ],
    });
  });
});
