import { randomBytes } from 'node:crypto';
import type { Parameters } from '@sluice/connector-sdk';
import { type KeptDirty, rowText, TARGET_SCHEMA, type WriterFixture } from '@sluice/connector-sdk/contract';
import { FileConnections, type FormatMaker, type TargetState } from '@sluice/file-kit';
import { type FilesOfTest, TARGET_LACKS } from '@sluice/file-kit/contract';
import { type TestBucket, testBucket } from './bucket.fixture.ts';
import { Bucket } from './bucket.ts';
import { S3Client } from './client.ts';
import { targetOf } from './index.ts';
import { assembled, filesOf } from './whole-objects.ts';

/** Folders of a bucket. What they hold is what is published and, of the generation under way, what would be. */
export function objectWriterFixture(format: string, files: FilesOfTest, maker: FormatMaker): WriterFixture {
  let made: TestBucket;
  let client: S3Client;
  let count = 0;
  const prefix = 'a b/';

  return {
    without: TARGET_LACKS,
    open: async () => {
      made = await testBucket();
      client = new S3Client(made.config, 'target');
    },
    close: async () => client.close(),
    target: async () => {
      const path = `target${count++}-${randomBytes(3).toString('hex')}/`;
      const parameters: Parameters = { path, format, existing: 'append' };
      const bucket = new Bucket(client);
      const store = await targetOf(client, made.config, parameters)();
      const folder = prefix + path;
      const keys = async (start: string): Promise<string[]> => {
        const found: string[] = [];
        for await (const { key } of bucket.list(folder + start)) found.push(key);
        return found;
      };
      const read = async (key: string): Promise<Buffer> => (await bucket.read(key)) ?? Buffer.alloc(0);

      const states = async (): Promise<(TargetState & { staging: string })[]> => {
        const tasks = new Set((await keys('.sluice/')).map((key) => key.slice(folder.length).split('/')[1]!));
        return Promise.all(
          [...tasks].map(async (task) => {
            const { state } = await store.register(task).read();
            return { ...state, staging: `${folder}.sluice/${task}/${state.task.generation}/` };
          }),
        );
      };

      const pending = async (): Promise<Buffer[]> => {
        const [newest] = (await states()).toSorted((a, b) =>
          a.task.generation < b.task.generation ? 1 : -1,
        );
        if (newest === undefined) return [];
        const own = maker(parameters, TARGET_SCHEMA);
        const wholes = filesOf(newest.task.generation, own, newest.parts, Infinity);
        return Promise.all(
          wholes.map(async (whole) => {
            const pieces: Buffer[] = [];
            for await (const piece of assembled(bucket, newest.staging, own, whole)) pieces.push(piece);
            return Buffer.concat(pieces);
          }),
        );
      };

      return {
        config: made.config,
        parameters,
        content: async () => {
          const seen = (await keys('')).filter((key) => !/^[._]/.test(key.slice(folder.length)));
          const all = [...(await Promise.all(seen.map(read))), ...(await pending())];
          return (await Promise.all(all.map(files.rows))).flat().map(rowText).sort();
        },
        contentOf: (rows) => rows.map(rowText).sort(),
        dirty: async (generation) => {
          const current = (await states()).find(({ task }) => task.generation === generation);
          const staged = (current?.dirty ?? []).map(({ name }) => current!.staging + name);
          const kept = (await keys('.sluice/')).filter((key) => key.endsWith(`/dirty/${generation}.jsonl`));
          const texts = await Promise.all((staged.length > 0 ? staged : kept).map(read));
          return Buffer.concat(texts)
            .toString()
            .split('\n')
            .filter((line) => line !== '')
            .map((line) => {
              const { split, seq, index, code } = JSON.parse(line) as KeptDirty;
              return { split, seq, index, code };
            });
        },
      };
    },
    connections: ({ config, parameters }) => new FileConnections(targetOf(client, config, parameters)),
    refused: {
      'a bucket that is not there': async () => ({
        config: { ...made.config, bucket: 'nowhere-at-all' },
        parameters: { path: 'a/', format },
        codes: ['SLUICE_TGT_DATABASE'],
      }),
      password: async () => ({
        config: { ...made.config, secretAccessKey: 'wrong-and-secret' },
        parameters: { path: 'a/', format },
        codes: ['SLUICE_TGT_AUTH'],
        secret: 'wrong-and-secret',
      }),
      'a way out': async () => ({
        config: made.config,
        parameters: { path: 'a/../../b/', format },
        codes: ['SLUICE_CFG_PATH'],
      }),
      'one object': async () => ({
        config: made.config,
        parameters: { path: 'a.csv', format },
        codes: ['SLUICE_CFG_INVALID'],
      }),
      'a folder that has objects': async () => {
        await made.put('there/a.csv', Buffer.from('x'));
        return { config: made.config, parameters: { path: 'there/', format }, codes: ['SLUICE_TGT_EXISTS'] };
      },
    },
  };
}
