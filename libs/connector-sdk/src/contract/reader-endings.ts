import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { asSluiceError, SluiceError } from '@sluice/model';
import { decodeRows } from '@sluice/wire';
import type { Connector } from '../connector.ts';
import type { Check } from './check.ts';
import type { ReaderFixture } from './reader-fixture.ts';
import { batchesOf, planOf, readSplit, USUAL, withReader } from './readings.ts';
import { sameRows } from './rows.ts';
import { settled, until } from './waiting.ts';

/** What a reader may hold of a source that nobody pulls (D-18): batches under way and the sockets' buffers of this process. */
const HELD = 3 * 1024 * 1024;

/** How reading ends, rests and fails. */
export const ENDING_CHECKS: readonly Check<ReaderFixture>[] = [
  {
    id: 'abort',
    promise: 'ends quietly on abort, with nothing after it: before it began and between batches',
    run: async (connector, fixture) => {
      const source = await fixture.wide();
      await withReader(connector, source, async (reader) => {
        const plan = await planOf(reader, { channels: 1 });
        const [split] = plan.splits;
        for (const after of [0, 1, 3]) {
          const abort = new AbortController();
          if (after === 0) abort.abort();
          let taken = 0;
          for await (const _ of batchesOf(reader, split!, null, { signal: abort.signal }))
            if (++taken === after) abort.abort();
          equal(taken, after);
        }
      });
    },
  },
  {
    id: 'abort-waiting',
    promise: 'ends quietly on abort while the source keeps it waiting',
    needs: 'stalled',
    run: async (connector, fixture) => {
      const source = await fixture.stalled!();
      await withReader(connector, source, async (reader) => {
        const plan = await planOf(reader, { channels: 1 });
        const abort = new AbortController();
        const batches = batchesOf(reader, plan.splits[0]!, null, { signal: abort.signal });
        const next = batches[Symbol.asyncIterator]().next();
        await until(() => source.isAwaited(), 'it waits for the source');
        abort.abort();
        const ended = await next;
        equal(ended.done, true, 'a batch came after the abort');
        await noConnection(fixture, 'aborted while it waited');
      });
    },
  },
  {
    id: 'connections',
    promise: 'leaves no connection behind: read to the end, aborted, or given up by who pulls',
    needs: 'connections',
    run: async (connector, fixture) => {
      const source = await fixture.wide();
      const none = (how: string): Promise<void> => noConnection(fixture, how);
      await none('before anything is read');
      await withReader(connector, source, async (reader) => {
        const plan = await planOf(reader, { channels: 1 });
        const [split] = plan.splits;
        await readSplit(reader, plan, split!, null, ['id']);
        await none('read to the end');
        await readSplit(reader, plan, split!, null, ['id'], { most: 1 });
        await none('given up');
        const abort = new AbortController();
        for await (const _ of batchesOf(reader, split!, null, { signal: abort.signal })) abort.abort();
        await none('aborted');
      });
    },
  },
  {
    id: 'back-pressure',
    promise: 'reads no more than a few hundred KiB ahead of who pulls',
    run: async (connector, fixture) => {
      const source = await fixture.wide();
      await withReader(connector, source, async (reader) => {
        const plan = await planOf(reader, { channels: 1 });
        const before = await bytesInUse();
        const batches = batchesOf(reader, plan.splits[0]!, null)[Symbol.asyncIterator]();
        const first = await batches.next();
        await settled(() => process.memoryUsage().arrayBuffers);
        const held = (await bytesInUse()) - before;
        ok(held < HELD, `${held} bytes are held of a source that nobody pulls`);
        let rows = first.done === true ? 0 : first.value.recordCount;
        for (let next = await batches.next(); next.done !== true; next = await batches.next())
          rows += next.value.recordCount;
        equal(rows, (await source.rows()).length);
      });
    },
  },
  {
    id: 'rewrite',
    promise: 'keeps the order of the key, and every row that stays, while the table is rewritten',
    needs: 'rewrite',
    run: async (connector, fixture) => {
      const source = await fixture.rewritten!();
      const limits = { ...USUAL, maxRecords: 500 };
      await withReader(connector, source, async (reader) => {
        const plan = await planOf(reader, { channels: 1 });
        const [split] = plan.splits;
        const seen: number[] = [];
        const positions: { position: string; last: number }[] = [];
        for await (const batch of batchesOf(reader, split!, null, { limits })) {
          if (seen.length === 0) await source.rewrite();
          const column = plan.schema.columns.findIndex(({ name }) => name === 'id');
          for (const row of decodeRows(plan.schema, batch.rows)) seen.push(Number(row[column]));
          positions.push({ position: batch.position!, last: seen.at(-1)! });
        }
        ascending(seen);
        const stays = Array.from({ length: 5000 }, (_, n) => n + 1).filter((id) => id % 7 !== 0);
        const found = new Set(seen);
        deepEqual(
          stays.filter((id) => !found.has(id)),
          [],
        );
        const { position, last } = positions[3]!;
        const rest = await readSplit(reader, plan, split!, position, ['id']);
        ascending([last, ...rest.rows.map(Number)]);
        const now = (await source.rows()).map((row) => Number(row.split('|')[0]));
        // What was added behind the end that was planned may be read or not.
        const planned = (ids: readonly number[]): string[] =>
          ids.filter((id) => id > last && id <= 5000).map(String);
        sameRows(planned(rest.rows.map(Number)), planned(now), `behind ${position}`);
      });
    },
  },
  {
    id: 'kill',
    promise: 'says that it was interrupted when its session is ended, and goes on behind the last position',
    needs: 'kill',
    run: async (connector, fixture) => {
      const source = await fixture.wide();
      await withReader(connector, source, async (reader) => {
        const plan = await planOf(reader, { channels: 1 });
        const [split] = plan.splits;
        let position: string | null = null;
        let rows = 0;
        let error: unknown;
        try {
          for await (const batch of batchesOf(reader, split!, null)) {
            if (position === null) await fixture.kill!();
            position = batch.position;
            rows += batch.recordCount;
          }
        } catch (thrown) {
          error = thrown;
        }
        const rest = await readSplit(reader, plan, split!, position, ['id']);
        equal(rows + rest.rows.length, (await source.rows()).length);
        if (rest.rows.length === 0) return;
        ok(error instanceof SluiceError, 'a broken connection passes for the end of the split');
        equal(error.kind, 'transient');
      });
    },
  },
  {
    id: 'refused',
    promise: 'names what is wrong by its code: column, table, password, host, database; and shows no secret',
    run: async (connector, { refused }) => {
      for (const [what, make] of Object.entries(refused)) {
        const { config, parameters, codes, secret } = await make();
        const error = await failureOf(connector, { config, parameters });
        ok((codes as readonly string[]).includes(error.code), `${what}: ${error.message}`);
        ok(error.hint.length > 0);
        if (secret !== undefined) ok(!`${error.message} ${error.hint} ${error.place}`.includes(secret), what);
      }
    },
  },
  {
    id: 'check',
    promise: 'checks a connection in stages, of which a failed one has code and remedy',
    run: async (connector, { sources, refused }) => {
      const { config } = await sources['a dense integer key']!();
      const signal = new AbortController().signal;
      const good = await connector.check(config, signal);
      ok(good.length > 0);
      for (const { ok: passed, name, detail } of good) ok(passed && name !== '' && detail !== '', name);
      for (const what of ['password', 'host', 'database']) {
        const wrong = await refused[what]?.();
        if (wrong === undefined) continue;
        const last = (await connector.check(wrong.config, signal)).at(-1)!;
        equal(last.ok, false, what);
        ok((wrong.codes as readonly string[]).includes(last.code ?? ''), `${what}: ${last.code}`);
        ok((last.remedy ?? '').length > 0);
        if (wrong.secret !== undefined) ok(!JSON.stringify(last).includes(wrong.secret));
      }
    },
  },
  {
    id: 'listed',
    promise: 'lists a table under a name that the reader takes, and describes none that is not there',
    needs: 'listed',
    run: async (connector, fixture) => {
      const {
        name,
        config,
        parameters,
        parameter = 'table',
        sides = ['source', 'target'],
        ...source
      } = await fixture.listed!();
      const found = await connector.tables(config, { search: name.toUpperCase(), limit: 10 });
      const entry = found.find((candidate) => candidate.name === name);
      ok(entry !== undefined, `${name} is not listed`);
      ok((await connector.tables(config, { limit: 1 })).length === 1);
      const named = { ...parameters, [parameter]: entry.qualified };
      await withReader(connector, { config, parameters: named }, async (reader) => {
        const plan = await planOf(reader, { channels: 1 });
        const { rows } = await readSplit(reader, plan, plan.splits[0]!, null, source.columns);
        sameRows(rows, await source.rows());
      });
      for (const side of sides) {
        match(JSON.stringify(await connector.describe(config, named, side)), /"columns":\[\{/);
        equal(await connector.describe(config, { [parameter]: 'not_there' }, side), undefined);
      }
    },
  },
];

async function noConnection({ connections, polls }: ReaderFixture, how: string): Promise<void> {
  const none = async (): Promise<boolean> => ((await connections?.()) ?? 0) === 0;
  await until(none, `no connection is left, ${how}`, polls);
}

function ascending(ids: readonly number[]): void {
  for (let i = 1; i < ids.length; i++) ok(ids[i]! > ids[i - 1]!, `${ids[i]} comes after ${ids[i - 1]}`);
}

/** What planning and reading fails with. */
async function failureOf(
  connector: Connector,
  opened: Parameters<typeof withReader>[1],
): Promise<SluiceError> {
  let failure: unknown;
  await rejects(
    withReader(connector, opened, async (reader) => {
      const plan = await planOf(reader, { channels: 1 });
      for (const split of plan.splits) await readSplit(reader, plan, split, null, []);
    }),
    (error) => {
      failure = error;
      return true;
    },
  );
  ok(failure instanceof SluiceError, `an error without a code: ${String(failure)}`);
  return asSluiceError(failure);
}

/** Bytes of buffers that somebody holds: without the engine's own collector garbage would pass for it. */
async function bytesInUse(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  // What a collection finds is freed by another thread, which the next one waits for.
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  return process.memoryUsage().arrayBuffers;
}
