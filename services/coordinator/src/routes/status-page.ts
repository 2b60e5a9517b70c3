import type { RunRow } from '@sluice/ports';
import type { Principal } from '@sluice/http-kit';
import type { FastifyInstance } from 'fastify';
import type { AppOptions } from '../app.ts';

const escape = (text: string): string => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#1c2430;background:#fff}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.4rem .6rem;border-bottom:1px solid #d7dde5}td.n{text-align:right;font-variant-numeric:tabular-nums}
.succeeded{color:#17702f}.failed{color:#b3261e}code{background:#eef1f5;padding:.1rem .3rem}
@media(prefers-color-scheme:dark){body{color:#e4e8ee;background:#14181d}th,td{border-color:#333c47}code{background:#242b33}.succeeded{color:#6fd08c}.failed{color:#ff8a80}}`;

/** The latest runs, for whoever has just started; no script, renewed every few seconds. */
export function statusPage(app: FastifyInstance, { store }: AppOptions): void {
  app.get('/', async (request, reply) => {
    const runs = (await store.runs.list({ ...own(request.principal), descending: true, limit: 20 })).items;
    const names = new Map<string, string>();
    for (const run of runs) names.set(run.parent, (await store.tasks.get(run.parent))?.name ?? run.parent);
    const workers = (await store.workers.list({ states: ['alive'] })).items;
    return reply.type('text/html; charset=utf-8')
      .send(`<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="3">
<title>Sluice</title><style>${STYLE}</style><h1>Sluice</h1>
<p>${workers.length} worker${workers.length === 1 ? '' : 's'} alive. API under <a href="/api/v1/connectors">/api/v1</a>, its description in
<a href="/openapi.json">/openapi.json</a>, schemas of what is in flight under <a href="/schema-registry/subjects">/schema-registry</a>.</p>
<h2>Runs</h2><table><tr><th>Task<th>State<th>Started<th>Read<th>Written<th>Dirty<th>What happened</tr>
${runs.map((run) => row(run, names.get(run.parent)!)).join('\n') || '<tr><td colspan="7">None yet.'}</table></html>`);
  });
}

/** A key sees its own workspace, nobody else's. */
function own({ workspace }: Principal): { readonly workspace?: string } {
  return workspace === undefined ? {} : { workspace };
}

function row(run: RunRow, task: string): string {
  const { counts, error, state, id, workspace } = run;
  const started = new Date(run.createdAt).toISOString().replace('T', ' ').slice(0, 19);
  const log = `<a href="/api/v1/workspaces/${encodeURIComponent(workspace)}/runs/${encodeURIComponent(id)}/logs">log</a>`;
  const said =
    error === undefined ? log : `${log} <code>${escape(error.code)}</code> ${escape(error.detail)}`;
  return `<tr><td>${escape(task)}<td class="${state}">${state}<td>${started}<td class="n">${counts?.read ?? ''}<td class="n">${counts?.written ?? ''}<td class="n">${counts?.dirty ?? ''}<td>${said}</tr>`;
}
