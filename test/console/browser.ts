import { existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildConsole } from '@sluice/console';
import { type Standalone, startStandalone } from '@sluice/standalone';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { freePort } from '../../infra/servers/server-process.ts';

const PLACES = [process.env['SLUICE_TEST_CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser'];

/** Where a browser is installed; undefined: nowhere. */
export const CHROMIUM = PLACES.find((path) => path !== undefined && existsSync(path));

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
    const browser = await chromium.launch({ executablePath: CHROMIUM!, args: ['--no-sandbox'] });
    return new Looked(home, standalone, browser);
  }

  async stop(): Promise<void> {
    await this.#browser.close();
    await this.standalone.stop();
  }

  get url(): string {
    return `${this.standalone.url}/console`;
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
