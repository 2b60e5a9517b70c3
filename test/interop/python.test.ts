import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { has, testKafka, testPostgres, testRedis } from '@sluice/testkit';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cluster } from '../e2e/cluster.ts';
import { restedRun, type ShownRun, startCopy } from '../e2e/cluster-copy.ts';
import { type Place, place } from '../e2e/pairs.ts';

const PYTHON = process.env['SLUICE_TEST_PYTHON'] ?? '';
const ROWS = 2500;

/** What the client should print of each column, made by the source's own SQL. */
const COLUMNS: Readonly<Record<string, string>> = {
  id: 'id',
  amount: 'amount::text',
  note: 'note',
  at: `to_char(at, 'YYYY-MM-DD"T"HH24:MI:SS.US')`,
  seen: `to_char(seen at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') || '+00:00'`,
  day: 'day::text',
  due: `to_char(day + due, 'HH24:MI:SS.US')`,
  is_paid: 'is_paid',
  ratio: 'ratio',
  small: 'small',
  raw: `encode(raw, 'hex')`,
  ref: 'ref::text',
  doc: 'doc::text',
};

describe.skipIf(PYTHON === '' || !(['postgres', 'redis', 'kafka'] as const).every(has))(
  'a stock Python client',
  () => {
    let cluster: Cluster;
    let source: Place;
    let target: Place;
    beforeAll(async () => {
      const [kafka, redis] = [testKafka().brokers.join(','), testRedis().url];
      cluster = await Cluster.start({ store: await testPostgres(), kafka, redis });
      await Promise.all((['reader', 'mapper', 'writer'] as const).map((role) => cluster.add(role)));
      [source, target] = [await place('postgres'), await place('postgres')];
      await source.run(`create table orders (id bigint primary key, amount numeric(12,2), note text, at timestamp,
          seen timestamptz, day date, due time, is_paid boolean, ratio double precision, small smallint, raw bytea, ref uuid, doc jsonb);
        insert into orders select n + 9007199254740000, n * 31337 % 1000000 / 100.0 - 5000, case n % 3 when 0 then null when 1 then 'Zürich ☕ 订单' else '' end,
          timestamp '2024-01-01' + n * interval '1.234567 s', timestamptz '1969-12-31 23:59:59+02' + n * interval '1 h', date '0999-12-31' + n,
          time '00:00' + n * interval '31.000001 s', n % 2 = 0, n / 7.0::float8, n % 100 - 50, decode(md5(n::text), 'hex'), md5(n::text)::uuid,
          jsonb_build_object('n', n, 'tags', array['a', null]) from generate_series(1, ${ROWS}) n;
        update orders set amount = null, at = null, seen = null, day = null, due = null, is_paid = null, ratio = null, small = null, raw = null,
          ref = null, doc = null where id % 50 = 0`);
    });
    afterAll(async () => {
      await cluster.stop();
      for (const one of [source, target]) await one.close();
    });

    /** The rows of the source in the words of the client. */
    async function wanted(): Promise<unknown[]> {
      const client = new Client({ connectionString: source.url });
      await client.connect();
      const pairs = Object.entries(COLUMNS).map(([name, sql]) => `'${name}', ${sql}`);
      const { rows } = await client.query<{ row: string }>(
        `select json_build_object(${pairs.join()})::text as row from orders order by id`,
      );
      await client.end();
      return rows.map(({ row }) => JSON.parse(row) as unknown);
    }

    /** The trace id of the run came from the reader's process to the writer's in the headers of the batches. */
    async function expectOneTrace({ id, traceId }: ShownRun): Promise<void> {
      const { lines } = await cluster.call<{ lines: { stage: string; traceId: string; spanId?: string }[] }>(
        'GET',
        `/runs/${id}/logs?limit=1000`,
      );
      expect(new Set(lines.map((line) => line.traceId))).toEqual(new Set([traceId]));
      const written = lines.filter(({ stage, spanId }) => stage === 'write' && spanId !== undefined);
      expect(written.length).toBeGreaterThan(0);
    }

    for (const [stage, mapStage] of [
      ['read', false],
      ['mapped', true],
    ] as const)
      it(`decodes the topic of what was ${stage}, knowing its name and the URL of the registry only: the rows of the source`, async () => {
        const { id } = await startCopy(cluster, source.url, target.url, 'orders', {
          mapStage,
          control: { channels: 2 },
        });
        const run = await restedRun(cluster, id);
        expect([run.state, run.counts?.written]).toEqual(['succeeded', ROWS]);
        await expectOneTrace(run);
        // As stock clients take it: the id of an access key as the user of the URL, its secret as the password.
        const [user, password] = cluster.accessKey.split('.');
        const registry = new URL(cluster.registryUrl);
        Object.assign(registry, { username: user, password });
        const { stdout } = await promisify(execFile)(
          PYTHON,
          [
            join(import.meta.dirname, 'read_topic.py'),
            testKafka().brokers.join(','),
            `sluice.default.${run.task}.${stage}`,
            registry.href,
          ],
          { maxBuffer: 64 * 1024 * 1024 },
        );
        const rows = stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as { id: number });
        expect(rows.toSorted((a, b) => a.id - b.id)).toEqual(await wanted());
      });
  },
);
