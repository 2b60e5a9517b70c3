import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Result } from './measuring.ts';

const LINES = join(import.meta.dirname, 'results.jsonl');
const PAGE = join(import.meta.dirname, 'results.md');

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;

const key = ({ path, bus, channels, rows }: Result): string =>
  `${path} | ${bus} | ${channels} | ${rows.toLocaleString('en')}`;

/** Appends the measurements and makes the page anew: for every path its newest ones. */
export function report(results: readonly Result[]): void {
  for (const result of results) appendFileSync(LINES, `${JSON.stringify(result)}\n`);
  const all = existsSync(LINES)
    ? readFileSync(LINES, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Result)
    : [];
  const table = [...Map.groupBy(all, key)].map(([name, every]) => {
    const newest = every.slice(-3);
    const of = (pick: (result: Result) => number | undefined, digits: number): string =>
      newest.some((result) => pick(result) === undefined)
        ? '-'
        : median(newest.map((result) => pick(result)!)).toFixed(digits);
    const ratios = newest.map(({ ratio }) => ratio);
    const range = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
    return `| ${name} | ${of((r) => r.seconds, 2)} | ${of((r) => r.limitSeconds, 2)} | **${of((r) => r.ratio, 2)}** | ${range} | ${of((r) => r.cpuSecondsPerMillionRows, 1)} | ${of((r) => r.peakRssMb, 0)} |`;
  });
  const page = `# Results

By \`npm run bench\`: medians of three runs, each beside what an engineer would type on the same machine in the same minute
(\`psql copy | psql copy\` in text; \`mariadb --quick | psql copy\`; for files \`psql \\copy\`, for Parquet \`psql copy\` piped into DuckDB). Ratio: limit / ours, higher is better. CPU and memory are of
Sluice's processes only; memory is that of the largest one, and over Kafka its peak since it was started. Absolute figures are for one
machine with 2 cores that it shared with the servers; compare ratios.

| path | bus | channels | rows | s | limit s | ratio | least to most | CPU s per million rows | peak RSS MB |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
${table.join('\n')}
`;
  writeFileSync(PAGE, page);
}
