import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { buildConsole } from '@sluice/console';
import { type Standalone, startStandalone } from '@sluice/standalone';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { freePort } from '../../infra/servers/server-process.ts';

/** The browser that `npm test` found; empty: there is none. */
export const CHROMIUM = process.env['SLUICE_TEST_CHROMIUM'] ?? '';

export type Theme = 'light' | 'dark';

/** A whole Sluice on a new home, and a browser that looks at it. */
export class Looked {
  readonly home: string;
  readonly standalone: Standalone;
  readonly pictures: string;
  readonly #browser: Browser;
  /** What the pages complained about: errors of scripts, refusals by the security policy. */
  readonly complaints: string[] = [];

  constructor(home: string, standalone: Standalone, browser: Browser) {
    this.home = home;
    this.standalone = standalone;
    this.#browser = browser;
    this.pictures = process.env['SLUICE_PICTURES'] ?? join(home, 'pictures');
    mkdirSync(this.pictures, { recursive: true });
  }

  static async start(): Promise<Looked> {
    await buildConsole();
    const home = mkdtempSync(join(tmpdir(), 'sluice-console-'));
    const standalone = await startStandalone({ home, port: await freePort(), isPortAsked: true });
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
    return new Looked(home, standalone, browser);
  }

  async stop(): Promise<void> {
    await this.#browser.close();
    await this.standalone.stop();
  }

  get url(): string {
    return `${this.standalone.url}/console`;
  }

  /** A file of SQLite with orders, of which two are bad; answers its path. */
  shop(name: string, rows: number): string {
    const path = join(this.home, `${name}.db`);
    const database = new DatabaseSync(path);
    database.exec(`create table orders (id integer primary key, amount decimal(10, 2) not null, city text, note text);
      with recursive n(i) as (select 1 union all select i + 1 from n where i < ${rows})
      insert into orders select i, (i % 900) || '.' || substr('0' || (i % 100), -2), 'Zürich', null from n;
      update orders set amount = 'a lot' where id = 7;
      update orders set amount = '<img src=x onerror="window.hit = true">' where id = 9`);
    database.close();
    return path;
  }

  /** An answer of the API; of a call that starts a run, when the run rests. */
  async api<T>(path: string, method = 'GET', body?: unknown): Promise<T> {
    const answer = await fetch(`${this.standalone.url}/api/v1/workspaces/default${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json', prefer: 'wait=30' } }),
    });
    if (!answer.ok) throw new Error(await answer.text());
    return (await answer.json()) as T;
  }

  /** A page of a new browser profile; what goes wrong on it is in `complaints`. */
  async page(theme: Theme = 'light'): Promise<Page> {
    const context: BrowserContext = await this.#browser.newContext({
      colorScheme: theme,
      reducedMotion: 'reduce',
      viewport: { width: 1280, height: 860 },
      locale: 'en-GB',
    });
    const page = await context.newPage();
    page.on('pageerror', (error) => this.complaints.push(`${page.url()}: ${error.message}`));
    page.on('console', (message) => {
      // A refused call is an answer that the page shows, no fault of the page.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
        this.complaints.push(`${page.url()}: ${message.text()}`);
    });
    return page;
  }
}
