/** Rewrites the tables of docs/scripts.md from the code: `node scripts/generate-script-docs.ts`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KEY_RULES, type KeyRule, PROBLEMS } from '@sluice/script';

const FILE = join(import.meta.dirname, '../docs/scripts.md');

/** The page with its tables as the code says; everything outside the tables is left as it is. */
export function scriptDocs(page: string = readFileSync(FILE, 'utf8')): string {
  const keys = KEY_RULES.map(
    (rule) => `| ${rule.on} | ${rule.family} | \`${rule.key}\` | ${becomes(rule)} |`,
  );
  const codes = Object.entries(PROBLEMS).map(
    ([code, { severity, meaning, remedy }]) => `| \`${code}\` | ${severity} | ${meaning} | ${remedy} |`,
  );
  return withTable(
    withTable(page, '| end | family | key | becomes |', keys),
    '| code | severity | means | remedy |',
    codes,
  );
}

function becomes({ becomes: field, conversion, why, changesRows }: KeyRule): string {
  if (field === undefined) return `ignored: ${why}`;
  if (!field.startsWith('/')) return field;
  return `\`${field}\`${conversion !== undefined && !changesRows ? ' (speed only)' : ''}`;
}

function withTable(page: string, head: string, rows: readonly string[]): string {
  const lines = page.split('\n');
  const at = lines.indexOf(head);
  if (at < 0) throw new Error(`docs/scripts.md has no table ${head}`);
  let end = at + 2;
  while (lines[end]?.startsWith('|') === true) end += 1;
  lines.splice(at + 2, end - at - 2, ...rows);
  return lines.join('\n');
}

if (import.meta.main) writeFileSync(FILE, scriptDocs());
