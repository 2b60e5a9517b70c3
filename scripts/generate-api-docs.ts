/** Rewrites the tables of docs/api.md from the code: `node scripts/generate-api-docs.ts`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GRANTS, ROLES } from '@sluice/auth';
import { ROUTES } from '@sluice/coordinator';

const FILE = join(import.meta.dirname, '../docs/api.md');

/** The page with its tables as the code says; everything outside the tables is left as it is. */
export function apiDocs(page: string = readFileSync(FILE, 'utf8')): string {
  const routes = Object.entries(ROUTES).map(
    ([route, [access, does]]) => `| \`${route}\` | ${access} | ${does} |`,
  );
  const roles = ROLES.map((role) => `| ${role} | ${[...GRANTS[role]].join(', ')} |`);
  return withTable(
    withTable(page, '| route | needs | what it does |', routes),
    '| role | permissions |',
    roles,
  );
}

function withTable(page: string, head: string, rows: readonly string[]): string {
  const lines = page.split('\n');
  const at = lines.indexOf(head);
  if (at < 0) throw new Error(`docs/api.md has no table ${head}`);
  let end = at + 2;
  while (lines[end]?.startsWith('|') === true) end += 1;
  lines.splice(at + 2, end - at - 2, ...rows);
  return lines.join('\n');
}

if (import.meta.main) writeFileSync(FILE, apiDocs());
