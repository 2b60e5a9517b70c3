import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, Looked } from './browser.ts';

/** A script of another program, as people have it. */
const DATAX = join(import.meta.dirname, '../../libs/script/test/samples/datax-plain.json');

/** As long as locators wait. */
const WAIT = { timeout: 30_000 };

describe.skipIf(CHROMIUM === '')('the console while things happen', () => {
  let looked: Looked;
  let task: string;
  beforeAll(async () => {
    looked = await Looked.start();
    const { id: dataSource } = await looked.api<{ id: string }>('/data-sources', 'POST', {
      name: 'shop',
      connector: 'sqlite',
      config: { path: looked.shop('shop', 20_000) },
    });
    const made = await looked.api<{ id: string }>('/tasks', 'POST', {
      name: 'slow orders',
      document: {
        mode: 'full',
        reader: { dataSource, parameters: { table: 'orders' } },
        writer: { dataSource: 'warehouse', parameters: { table: 'orders' } },
        control: { channels: 1, dirtyLimit: 5, rowsPerSecond: 400, batchRecords: 100 },
      },
    });
    task = made.id;
  });
  afterAll(() => looked.stop());

  it('has one stream for all tabs; a run that is started in one is seen in the other, slowed, stopped and resumed', async () => {
    const first = await looked.page();
    const second = await first.context().newPage();
    const streams: string[] = [];
    for (const page of [first, second])
      page.on('request', (request) => {
        if (request.url().includes('/api/v1/events')) streams.push(request.url());
      });
    await first.goto(`${looked.url}/default`);
    await first.getByText('Live', { exact: true }).waitFor();
    await second.goto(`${looked.url}/default/tasks/${task}`);
    await second.getByRole('button', { name: 'Run', exact: true }).click();
    await second.getByText('Running', { exact: true }).first().waitFor();
    await first.getByText('Running now').waitFor();
    await first.getByRole('link', { name: 'slow orders' }).first().click();
    // Figures move without anybody asking for them.
    const written = first.locator('.figure', { hasText: 'Written' }).locator('b');
    await expect
      .poll(async () => Number((await written.textContent())?.replace(',', '')), WAIT)
      .toBeGreaterThan(300);
    await first.getByRole('button', { name: 'Throttle' }).click();
    await first.getByRole('textbox', { name: 'Rows per second' }).fill('5000');
    await first.getByRole('button', { name: 'Set the rates' }).click();
    await first.getByRole('button', { name: 'Stop' }).click();
    await second.getByText('Stopped', { exact: true }).first().waitFor();
    await first.getByRole('button', { name: 'Resume' }).click();
    await second.getByText('Succeeded', { exact: true }).first().waitFor();
    await second
      .getByRole('log')
      .getByText(/Run succeeded: read 20000/)
      .waitFor();
    expect(streams).toHaveLength(1);
    expect(looked.complaints).toEqual([]);
  });

  it('keeps one document in wizard and script: what is changed in one is in the other, what is wrong has its line', async () => {
    const page = await looked.page();
    await page.goto(`${looked.url}/default/tasks/${task}?view=script`);
    const text = page.getByRole('textbox', { name: 'Script' });
    await text.waitFor();
    const read = async (): Promise<string> => (await text.locator('.cm-line').allTextContents()).join('\n');
    const write = async (script: string): Promise<void> => {
      await text.click();
      await page.keyboard.press('ControlOrMeta+a');
      await page.keyboard.insertText(script);
    };
    const script = await read();
    await write(script.replace('"rowsPerSecond"', '"rowsPerSecnd"'));
    await page
      .getByRole('list', { name: 'Problems' })
      .getByText(/rowsPerSec/)
      .first()
      .waitFor();
    await write(
      script
        .replace('"channels": 1', '"channels": 3')
        .replace('"mode": "full"', '"mode": "full",\n"mapStage": true'),
    );
    await page.getByText('Nothing wrong with it').waitFor();
    await page.getByRole('link', { name: 'Wizard' }).click();
    await expect.poll(() => page.getByRole('textbox', { name: 'Channels' }).inputValue(), WAIT).toBe('3');
    // What the wizard does not change stays.
    await page.getByText('mapStage', { exact: true }).waitFor();
    await page.getByRole('textbox', { name: 'Dirty records allowed' }).fill('7');
    await page.getByRole('link', { name: 'Script' }).click();
    await expect
      .poll(async () => JSON.parse(await read()) as object, WAIT)
      .toMatchObject({
        mapStage: true,
        control: { channels: 3, dirtyLimit: 7 },
      });
    await write(readFileSync(DATAX, 'utf8'));
    await page.getByText(/What becomes of this script \(datax\)/).waitFor();
    expect(looked.complaints).toEqual([]);
  });

  it('shows the view that an address says, in the language that was chosen', async () => {
    const page = await looked.page();
    await page.goto(`${looked.url}/default/runs?state=failed`);
    await page.getByText('No run fits the filter.').waitFor();
    await page.getByRole('button', { name: '中文' }).click();
    await page.getByText('没有符合筛选的运行。').waitFor();
    expect(new URL(page.url()).search).toBe('?state=failed');
    await page.goto(`${looked.url}/default/nowhere`);
    await page.getByRole('navigation', { name: '页面' }).waitFor();
    expect(looked.complaints).toEqual([]);
  });
});
