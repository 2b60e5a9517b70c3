import { Readable } from 'node:stream';
import type { DirtyRow, RunRow, Store, Versioned } from '@sluice/ports';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { AppOptions } from '../app.ts';
import { auditedAhead } from '../audit.ts';
import { fieldsOf } from './answer-schemas.ts';
import { idempotent, send } from './idempotency.ts';
import { Listing, type PageQuery } from './listing.ts';
import { shownDirty } from './run-shown.ts';
import { inWorkspace } from './workspace.ts';

const BASE = '/api/v1/workspaces/:w/runs/:id/dirty-records';

const FILTER = {
  code: { type: 'string', maxLength: 100, description: 'Only records of this error code.' },
  column: { type: 'string', maxLength: 300, description: 'Only records that this column is to blame for.' },
} as const;
const STATE = {
  type: 'string',
  enum: ['dirty', 'replayed', 'any'],
  description: '`dirty` without it; `replayed`: no longer dirty.',
} as const;

const DIRTY = new Listing(fieldsOf('DirtyRecord'), { ...FILTER, state: STATE });

/** Pages of the store that one page of a filtered list looks at. */
const LOOKS = 50;
/** Rows of the store at once, while all of them pass by. */
const PAGE = 200;

interface Filter {
  readonly code?: string;
  readonly column?: string;
  readonly state?: 'dirty' | 'replayed' | 'any';
}

const matches =
  ({ code, column, state = 'dirty' }: Filter) =>
  (row: DirtyRow): boolean =>
    (code === undefined || row.code === code) &&
    (column === undefined || row.column === column) &&
    (state === 'any' || (row.state ?? 'dirty') === state);

/** Dirty records of a run as the store knows them: looked at, counted, downloaded, replayed. */
export function dirtyRecordRoutes(app: FastifyInstance, options: AppOptions): void {
  const { store, runs, sources } = options;
  const find = (params: unknown): Promise<Versioned<RunRow>> => {
    const { w, id } = params as { w: string; id: string };
    return inWorkspace(store.runs, w, id, 'run');
  };

  app.get(BASE, { schema: { querystring: DIRTY.query } }, async (request) => {
    const { code: _, column: __, state: ___, ...query } = request.query as PageQuery & Filter;
    const { id } = await find(request.params);
    const isWanted = matches(request.query as Filter);
    const { limit = PAGE, ...wanted } = DIRTY.wanted(query);
    const items: Versioned<DirtyRow>[] = [];
    let cursor = wanted.cursor;
    // A filter may fit little of what there is: a page ends early rather than late.
    for (let looks = 0; looks < LOOKS && items.length <= limit / 2; looks++) {
      const more = { ...wanted, parent: id, limit: limit - items.length };
      const page = await store.dirty.list(cursor === undefined ? more : { ...more, cursor });
      items.push(...page.items.filter(isWanted));
      cursor = page.nextCursor;
      if (cursor === undefined) break;
    }
    return DIRTY.page(cursor === undefined ? { items } : { items, nextCursor: cursor }, shownDirty, query);
  });
  app.get(`${BASE}/counts`, async (request) => {
    const { id } = await find(request.params);
    const counts = new Map<string, { code: string; column?: string; state: string; count: number }>();
    for await (const { code, column, state = 'dirty' } of all(store, id)) {
      const key = JSON.stringify([code, column, state]);
      const known = counts.get(key);
      if (known !== undefined) known.count++;
      else counts.set(key, { code, ...(column === undefined ? {} : { column }), state, count: 1 });
    }
    return { items: [...counts.values()].sort((a, b) => b.count - a.count) };
  });
  app.get(
    `${BASE}/download`,
    {
      schema: {
        querystring: {
          type: 'object',
          properties: {
            ...FILTER,
            state: STATE,
            format: { enum: ['jsonl', 'csv'], description: 'jsonl without it.' },
          },
          additionalProperties: false,
        },
      },
    },
    async (request, reply) => {
      const { id } = await find(request.params);
      const { format = 'jsonl', ...filter } = request.query as Filter & { format?: 'jsonl' | 'csv' };
      const lines = format === 'csv' ? csv(store, id, matches(filter)) : jsonl(store, id, matches(filter));
      return download(
        reply,
        `dirty-${id}.${format}`,
        format,
        redacted(lines, (text) => sources.redact(text)),
      );
    },
  );
  app.post(
    `${BASE.replace('dirty-records', 'dirty-records::replay')}`,
    {
      schema: {
        body: {
          type: 'object',
          properties: {
            ...FILTER,
            limit: { type: 'integer', minimum: 1, maximum: 10_000, description: '1,000 without it.' },
            cursor: { type: 'string', maxLength: 1000, description: '`nextCursor` of the call before.' },
          },
          additionalProperties: false,
        },
      },
      preValidation: (request, _reply, done) => {
        request.body ??= {};
        done();
      },
    },
    async (request, reply) => {
      const answer = await idempotent(store, request, async () => {
        const { id, workspace } = await find(request.params);
        await auditedAhead(store, request, workspace, { action: 'run.replay', object: id });
        const {
          limit = 1000,
          cursor,
          ...filter
        } = request.body as Filter & { limit?: number; cursor?: string };
        const { line, nextCursor } = await runs.control.replay({
          run: id,
          actor: request.principal.actor,
          limit,
          matches: matches(filter),
          ...(cursor === undefined ? {} : { cursor }),
        });
        return { status: 200, body: { ...line, ...(nextCursor === undefined ? {} : { nextCursor }) } };
      });
      return send(reply, answer);
    },
  );
}

/** All dirty records of a run, page by page. */
async function* all(store: Store, run: string): AsyncGenerator<DirtyRow> {
  let cursor: string | undefined;
  do {
    const page = await store.dirty.list({
      parent: run,
      limit: PAGE,
      ...(cursor === undefined ? {} : { cursor }),
    });
    yield* page.items;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}

async function* jsonl(
  store: Store,
  run: string,
  isWanted: (row: DirtyRow) => boolean,
): AsyncGenerator<string> {
  for await (const row of all(store, run)) if (isWanted(row)) yield `${JSON.stringify(shownDirty(row))}\n`;
}

const COLUMNS = ['id', 'split', 'index', 'state', 'code', 'column', 'reason', 'record'] as const;

async function* csv(store: Store, run: string, isWanted: (row: DirtyRow) => boolean): AsyncGenerator<string> {
  yield `${COLUMNS.join(',')}\r\n`;
  for await (const row of all(store, run)) {
    if (!isWanted(row)) continue;
    const shown = shownDirty(row) as Readonly<Record<string, unknown>>;
    yield `${COLUMNS.map((name) => cell(shown[name])).join(',')}\r\n`;
  }
}

/** RFC 4180. A text that a spreadsheet would take for a formula gets an apostrophe in front. */
function cell(value: unknown): string {
  if (typeof value !== 'string') return value === undefined ? '' : String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return `"${text.replaceAll('"', '""')}"`;
}

async function* redacted(
  lines: AsyncGenerator<string>,
  redact: (text: string) => string,
): AsyncGenerator<string> {
  for await (const line of lines) yield redact(line);
}

/** A file for the browser to keep, never to show (S-46); read from the store no faster than it is taken. */
function download(
  reply: FastifyReply,
  name: string,
  format: 'jsonl' | 'csv',
  lines: AsyncGenerator<string>,
): FastifyReply {
  return reply
    .type(format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson')
    .header('content-disposition', `attachment; filename="${name}"`)
    .header('x-content-type-options', 'nosniff')
    .send(Readable.from(lines, { objectMode: false, highWaterMark: 64 * 1024 }));
}
