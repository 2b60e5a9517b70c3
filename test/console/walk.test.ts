import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { CHROMIUM, Looked } from './browser.ts';

const ROWS = 3000;

/** As long as locators wait. */
const WAIT = { timeout: 30_000 };

describe.skipIf(CHROMIUM === '')('from an empty workspace to a finished run with its log', () => {
  let looked: Looked;
  beforeAll(async () => {
    looked = await Looked.start();
  });
  afterAll(() => looked.stop());

  /** The test of a data source has passed in all its stages. */
  async function checked(page: Page): Promise<void> {
    const stages = page.getByRole('region', { name: 'Connectivity' });
    await stages.locator('.tone-good').last().waitFor();
    expect(await stages.locator('.tone-bad').count()).toBe(0);
  }

  /** What the run page says when everything is over. */
  async function ended(page: Page): Promise<void> {
    await page.getByText('Succeeded', { exact: true }).first().waitFor();
    await page
      .getByRole('log')
      .getByText(/Run succeeded: read 3000 = written 2998/)
      .waitFor();
    await expect.poll(() => page.locator('.figure').allTextContents(), WAIT).toContain('2,998Written');
  }

  it('by mouse: a data source from a URL, its test, its table, a task, a run, a dirty record, in 6 clicks', async () => {
    const page = await looked.page();
    let clicks = 0;
    const click = async (role: 'link' | 'button', name: string): Promise<void> => {
      await page.getByRole(role, { name, exact: true }).click();
      clicks += 1;
    };
    await page.goto(`${looked.url}/`);
    await page.getByRole('link', { name: /Connect your own database/ }).click();
    clicks += 1;
    await page.getByLabel('Connection URL').fill(`sqlite:${looked.shop('mouse', ROWS)}`);
    await expect.poll(() => page.getByLabel(/^Name/).inputValue(), WAIT).toBe('mouse');
    await click('button', 'Save and test');
    await checked(page);
    await click('link', 'Copy this table');
    await page.getByText('Everything fits').waitFor();
    // The real mapper says what would become of the first rows.
    await page.getByRole('region', { name: 'Preview' }).first().getByText('mapped').first().waitFor();
    await page.getByLabel('Dirty records allowed').fill('5');
    await click('button', 'Save and run');
    await ended(page);
    expect(clicks).toBeLessThanOrEqual(6);
    await page.getByRole('link', { name: 'Dirty records (2)' }).click();
    await page.getByText('a lot').waitFor();
    // A value is text, whatever it looks like (S-60).
    expect(await page.evaluate('window.hit')).toBeUndefined();
    await page.getByRole('link', { name: 'Ledger' }).click();
    await page.getByText('The ledger balances').waitFor();
    expect(looked.complaints).toEqual([]);
  });

  it('by keyboard alone: the same', async () => {
    const page = await looked.page('dark');
    const { keyboard } = page;
    const focused = (): Promise<string> =>
      page.evaluate(`(() => { const at = document.activeElement; const label = at.labels?.[0]?.textContent;
        return (at.getAttribute('aria-label') ?? label ?? at.textContent ?? '').trim(); })()`);
    /** Tab until what has this name has the focus. */
    const tabTo = async (name: RegExp, key = 'Tab'): Promise<void> => {
      for (let presses = 0; presses < 60; presses++) {
        if (name.test(await focused())) return;
        await keyboard.press(key);
      }
      throw new Error(`Tab does not reach ${name}`);
    };
    await page.goto(`${looked.url}/`);
    await page.getByRole('heading', { name: 'Home' }).waitFor();
    await keyboard.press('c');
    await page.getByRole('heading', { name: 'New data source' }).waitFor();
    await tabTo(/^Connection URL/);
    await keyboard.insertText(`sqlite:${looked.shop('keys', ROWS)}`);
    await page.getByRole('button', { name: 'Save and test' }).waitFor();
    await tabTo(/^Save and test$/);
    await keyboard.press('Enter');
    await checked(page);
    await tabTo(/^Copy this table$/);
    await keyboard.press('Enter');
    await page.getByText('Everything fits').waitFor();
    await tabTo(/^Target table/);
    await keyboard.press('ControlOrMeta+a');
    await keyboard.insertText('by_keys');
    await tabTo(/^Dirty records allowed/);
    await keyboard.insertText('5');
    await tabTo(/^Save and run$/, 'Shift+Tab');
    await keyboard.press('Enter');
    await ended(page);
    await tabTo(/^Dirty records \(2\)$/);
    await keyboard.press('Enter');
    await page.getByText('a lot').waitFor();
    await keyboard.press('g');
    await keyboard.press('t');
    await page.getByRole('heading', { name: 'Tasks' }).waitFor();
    await page.getByRole('link', { name: /by_keys/ }).waitFor();
    await keyboard.press('j');
    expect(await focused()).toMatch(/by_keys/);
    await keyboard.press('ControlOrMeta+k');
    await page.getByRole('combobox', { name: 'Type what you want to do' }).waitFor();
    await keyboard.insertText('topics');
    await keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Topics' }).waitFor();
    expect(looked.complaints).toEqual([]);
  });
});
