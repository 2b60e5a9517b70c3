/** Writes docs/errors.md from the error table: `node scripts/generate-error-docs.ts`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERRORS } from '@sluice/model';

export function errorDocs(): string {
  const rows = Object.entries(ERRORS).map(
    ([code, { kind, status, meaning, remedy }]) =>
      `| \`${code}\` | ${kind} | ${status} | ${meaning} | ${remedy} |`,
  );
  return `# Errors

Made from \`libs/model/src/error-table.ts\` by \`node scripts/generate-error-docs.ts\`.

Kinds: \`config\` stops and shows the remedy; \`transient\` is retried with backoff; \`data\` makes a dirty record; \`fenced\` leaves quietly
because somebody newer goes on; \`lost\` means that a position is gone; \`bug\` is anything that nobody foresaw.

| code | kind | HTTP | meaning | remedy |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}

if (import.meta.main) writeFileSync(join(import.meta.dirname, '../docs/errors.md'), errorDocs());
