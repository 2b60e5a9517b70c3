import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { AddressInfo } from 'node:net';
import type { Role } from '@sluice/auth';
import { createApp } from '@sluice/coordinator';
import type { FastifyInstance } from '@sluice/http-kit';
import { type Engine, startEngine } from '@sluice/standalone';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // Tests say what they expect of it.
  readonly body: Record<string, never> & { readonly items: readonly Record<string, never>[] };
}

/** An engine on a new home, served twice over HTTP: without login, and with access keys. */
export class Served {
  readonly home: string;
  readonly engine: Engine;
  readonly app: FastifyInstance;
  readonly openUrl: string;
  readonly url: string;
  #open: FastifyInstance;

  constructor(home: string, engine: Engine, open: FastifyInstance, app: FastifyInstance) {
    this.home = home;
    this.engine = engine;
    this.#open = open;
    this.app = app;
    const urlOf = (of: FastifyInstance): string =>
      `http://127.0.0.1:${(of.server.address() as AddressInfo).port}`;
    this.openUrl = urlOf(open);
    this.url = urlOf(app);
  }

  static async start(): Promise<Served> {
    const home = mkdtempSync(join(tmpdir(), 'sluice-api-'));
    const engine = await startEngine(home);
    const open = createApp({ ...engine, isOpen: true });
    const app = createApp({ ...engine, isOpen: false });
    await Promise.all([open, app].map((one) => one.listen({ host: '127.0.0.1', port: 0 })));
    return new Served(home, engine, open, app);
  }

  async stop(): Promise<void> {
    await Promise.all([this.#open.close(), this.app.close()]);
    await this.engine.stop();
  }

  /** The open server goes away for `body` and comes back at the same address; runs go on meanwhile. */
  async away(body: () => Promise<void>): Promise<void> {
    const port = Number(new URL(this.openUrl).port);
    await this.#open.close();
    await body();
    this.#open = createApp({ ...this.engine, isOpen: true });
    await this.#open.listen({ host: '127.0.0.1', port });
  }

  /** Without a key the open server is asked. Paths without a leading `/api` are of the workspace `default`. */
  async call(
    method: string,
    path: string,
    options: {
      readonly key?: string;
      readonly body?: unknown;
      readonly headers?: Record<string, string>;
    } = {},
  ): Promise<Answer> {
    const { key, body } = options;
    const full = /^\/(api|openapi|livez|readyz|internal|schema-registry|$)/.test(path)
      ? path
      : `/api/v1/workspaces/default${path}`;
    const answer = await fetch(`${key === undefined ? this.openUrl : this.url}${full}`, {
      method,
      headers: {
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const isJson = (answer.headers.get('content-type') ?? '').includes('json');
    return { status: answer.status, headers: answer.headers, body: isJson ? JSON.parse(text) : { text } };
  }

  /** Text of a new access key. */
  async key(role: Role, workspace = 'default'): Promise<string> {
    const path = `/api/v1/workspaces/${workspace}/access-keys`;
    const { body } = await this.call('POST', path, { body: { name: role, role } });
    return body['key'] as unknown as string;
  }

  /** A task that copies a SQLite table of its own; the answer is its id. */
  async task(rows: number, control: Record<string, unknown> = {}): Promise<string> {
    const name = `task-${Math.random().toString(36).slice(2)}`;
    const paths = ['from', 'to'].map((end) => join(this.home, `${name}-${end}.db`));
    const database = new DatabaseSync(paths[0]!);
    database.exec(`create table orders (id integer primary key, note text);
      with recursive n(i) as (select 1 union all select i + 1 from n where i < ${rows})
      insert into orders select i, 'note ' || i from n where i <= ${rows}`);
    database.close();
    for (const [index, end] of ['from', 'to'].entries())
      await this.call('POST', '/data-sources', {
        body: { name: `${name}-${end}`, connector: 'sqlite', config: { path: paths[index] } },
      });
    const document = {
      mode: 'full',
      reader: { dataSource: `${name}-from`, parameters: { table: 'orders' } },
      writer: { dataSource: `${name}-to`, parameters: { table: 'orders' } },
      control,
    };
    const made = await this.call('POST', '/tasks', { body: { name, document } });
    if (made.status !== 201) throw new Error(JSON.stringify(made.body));
    return made.body['id'] as unknown as string;
  }

  /** The run when it rests. */
  async rested(run: string): Promise<Record<string, unknown>> {
    for (;;) {
      const { body } = await this.call('GET', `/runs/${run}`);
      if (['succeeded', 'failed', 'stopped', 'cancelled'].includes(body['state'] as unknown as string))
        return body;
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }
}
