import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { CHROMIUM, Looked, type Theme } from './browser.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const THEMES = ['light', 'dark'] as const satisfies readonly Theme[];

/** Bytes of script that the first screen may load, packed. */
const SCRIPT_BUDGET = 250 * 1024;

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary: string }[];
}

interface Items {
  readonly items: readonly { readonly id: string; readonly name: string }[];
}

/** As long as locators wait. */
const WAIT = { timeout: 30_000 };

describe.skipIf(CHROMIUM === '')('every screen', () => {
  let looked: Looked;
  let screens: Readonly<Record<string, string>>;
  beforeAll(async () => {
    looked = await Looked.start();
    const shop = await looked.api<{ id: string }>('/data-sources', 'POST', {
      name: '<img src=x onerror="window.hit = true">',
      connector: 'sqlite',
      config: { path: looked.shop('shop', 3000) },
    });
    const task = await looked.api<{ id: string }>('/tasks', 'POST', {
      name: 'orders',
      document: {
        mode: 'full',
        reader: { dataSource: shop.id, parameters: { table: 'orders' } },
        writer: { dataSource: 'warehouse', parameters: { table: 'orders' } },
        control: { channels: 2, dirtyLimit: 5 },
      },
    });
    const run = await looked.api<{ id: string; state: string }>(`/tasks/${task.id}:run`, 'POST', {});
    expect(run.state).toBe('succeeded');
    const topic = (await looked.api<Items>('/topics')).items[0]!.name;
    const at = `/default`;
    screens = {
      home: at,
      sources: `${at}/sources`,
      'source-new': `${at}/sources/new?connector=postgres`,
      source: `${at}/sources/${shop.id}?check=now&table=orders`,
      tasks: `${at}/tasks`,
      'task-new': `${at}/tasks/new?source=${shop.id}&table=orders`,
      'task-table': `${at}/tasks/${task.id}?mapping=table`,
      'task-script': `${at}/tasks/${task.id}?view=script`,
      runs: `${at}/runs`,
      'run-log': `${at}/runs/${run.id}`,
      'run-splits': `${at}/runs/${run.id}?tab=splits`,
      'run-dirty': `${at}/runs/${run.id}?tab=dirty`,
      'run-ledger': `${at}/runs/${run.id}?tab=ledger`,
      'run-history': `${at}/runs/${run.id}?tab=history`,
      topics: `${at}/topics`,
      'topic-batches': `${at}/topics/${topic}?open=0`,
      'topic-groups': `${at}/topics/${topic}?tab=consumers`,
    };
  });
  afterAll(() => looked.stop());

  /** Until nothing is on its way any more. */
  async function settled(page: Page): Promise<void> {
    await page.getByRole('heading', { level: 1 }).waitFor();
    await expect
      .poll(() => page.locator('[aria-busy="true"]').or(page.getByText('Asking source')).count(), WAIT)
      .toBe(0);
  }

  /** In the second theme only colours can be other than in the first one. */
  async function serious(page: Page, theme: Theme): Promise<string[]> {
    await page.evaluate(AXE);
    const { violations } = await page.evaluate<{ violations: readonly Violation[] }>(
      `axe.run(document, { resultTypes: ['violations'], ${theme === 'dark' ? "runOnly: ['color-contrast']" : ''} })`,
    );
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) =>
        nodes.slice(0, 3).map(({ target, failureSummary }) => `${id} ${target} ${failureSummary}`),
      );
  }

  it('in both themes has no serious violation of accessibility, keeps to its policy, and is pictured', async () => {
    const page = await looked.page();
    const found: Record<string, string[]> = {};
    for (const [name, path] of Object.entries(screens)) {
      await page.emulateMedia({ colorScheme: 'light' });
      await page.goto(`${looked.url}${path}`);
      await settled(page);
      for (const theme of THEMES) {
        await page.emulateMedia({ colorScheme: theme });
        await page.locator(`html[data-mantine-color-scheme="${theme}"]`).waitFor();
        const violations = await serious(page, theme);
        if (violations.length > 0) found[`${name} ${theme}`] = violations;
        await page.screenshot({ path: join(looked.pictures, `${name}-${theme}.png`), fullPage: true });
      }
      expect([name, await page.evaluate('window.hit')]).toEqual([name, undefined]);
    }
    expect(found).toEqual({});
    expect(looked.complaints).toEqual([]);
  }, 300_000);

  it('stays within its budget of scripts; what it takes to paint is reported', async () => {
    const page = await looked.page();
    const loaded: { readonly url: string; readonly bytes: number }[] = [];
    page.on('response', (response) => {
      if (!/\.(js|css)$/.test(new URL(response.url()).pathname)) return;
      void response.body().then((body) => loaded.push({ url: response.url(), bytes: gzipSync(body).length }));
    });
    await page.goto(`${looked.url}/default`);
    await settled(page);
    const paint = await page.evaluate<number>(
      `performance.getEntriesByName('first-contentful-paint')[0].startTime`,
    );
    const sum = (kind: string): number =>
      loaded.filter(({ url }) => url.endsWith(kind)).reduce((all, { bytes }) => all + bytes, 0);
    const report = `console: ${Math.round(sum('.js') / 1024)} KiB of script and ${Math.round(sum('.css') / 1024)} KiB of style packed, first paint after ${Math.round(paint)} ms\n`;
    process.stdout.write(report);
    writeFileSync(join(looked.pictures, 'budget.txt'), report);
    expect(sum('.js')).toBeGreaterThan(0);
    expect(sum('.js')).toBeLessThan(SCRIPT_BUDGET);
  });
});
