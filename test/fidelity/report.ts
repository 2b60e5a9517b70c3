import type { Kind } from '../e2e/pairs.ts';
import type { EdgeType } from './edges.ts';
import { type Cell, EDGES } from './matrix.ts';

const KINDS: readonly Kind[] = ['postgres', 'mysql', 'sqlite'];
const NAMES: Readonly<Record<Kind, string>> = { postgres: 'PostgreSQL', mysql: 'MariaDB', sqlite: 'SQLite' };

const TITLES: Readonly<Record<string, string>> = {
  'T-1': 'Booleans',
  'T-2': 'Small integers',
  'T-3': '64-bit integers',
  'T-4': 'Unsigned 64-bit integers',
  'T-5': 'Floating point',
  'T-6': 'Decimals with a precision',
  'T-7': 'Decimals without a precision, money',
  'T-8': 'Dates',
  'T-9': 'Zero and partial dates',
  'T-10': 'Timestamps without a zone',
  'T-11': 'Points in time',
  'T-12': 'Times of day',
  'T-13': 'Intervals',
  'T-14': 'Years',
  'T-15': 'Texts',
  'T-16': 'Texts of fixed length',
  'T-17': 'Bytes',
  'T-18': 'Bytes of fixed length',
  'T-19': 'Bits',
  'T-20': 'JSON as text',
  'T-21': 'JSON as a value',
  'T-22': 'UUIDs',
  'T-23': 'Enumerations',
  'T-24': 'Arrays and sets',
  'T-25': 'Network addresses',
  'T-26': 'Ranges, composites, domains and the rest',
  'T-27': 'Shapes',
};

/** The page docs/fidelity.md: what became of every edge value. */
export function fidelityDocs(cells: readonly Cell[]): string {
  const rules = [
    ...new Set(cells.filter(({ outcome }) => outcome === 'lossy').map(({ note }) => note)),
  ].toSorted();
  const sections = KINDS.map((source) =>
    section(
      source,
      cells.filter((cell) => cell.source === source),
      rules,
    ),
  );
  return `# What becomes of values

Made by \`test/fidelity\` from copies that really ran: every value below is stored in the source, copied as a task, and what the
target's own server prints is compared with what the source's server printed. \`npm test -- test/fidelity\` fails when a value
arrives changed and no rule of this page allows it, or when this page is not what the copies gave; \`SLUICE_WRITE_DOCS=1 npm test --
test/fidelity\` writes it.

- **exact**: the same value. Numbers are compared by value, texts and bytes byte by byte, times to the microsecond; an instant in a
  column without a zone is its clock time in UTC.
- **lossy (n)**: changed in exactly the way that rule n says.
- **dirty**: not written; the record is named with its value and one of the codes SLUICE_SRC_VALUE (the source's own value does not
  fit its declaration), SLUICE_MAP_CAST (it cannot be cast without loss), SLUICE_TGT_VALUE, SLUICE_TGT_CONSTRAINT (the target has no
  place for it).
- **refused**: the task does not start, SLUICE_MAP_IMPOSSIBLE.

What is not said to be otherwise is exact. The same outcomes are checked with a map stage and as an upsert. ${NAMES.mysql} stands for the
MySQL connector, which has not been run against MySQL itself. Not installed where this page was made, and therefore not covered:
PostGIS, pgvector. Records beyond 7 MiB are dirty (SLUICE_SRC_ROW_TOO_LARGE), whatever they hold.

Rules:

${rules.map((rule, n) => `${n + 1}. ${rule}`).join('\n')}

${sections.join('\n\n')}
`;
}

function section(source: Kind, cells: readonly Cell[], rules: readonly string[]): string {
  const rows = [...new Set(EDGES[source].map(({ row }) => row))];
  const parts = rows.map((row) => {
    const types = EDGES[source].filter((type) => type.row === row);
    const lines = types.map((type) => {
      const columns = KINDS.map((target) =>
        created(
          cells.filter((cell) => cell.type === type && cell.target === target),
          rules,
        ),
      );
      return `| ${code(type.type)} | ${type.edges.map(({ label }) => code(label)).join(' ')} | ${columns.join(' | ')} |`;
    });
    const byHand = types.flatMap((type) => handMade(type, cells, rules));
    return `### ${row} ${TITLES[row]} of ${NAMES[source]}

| type | values | in ${KINDS.map((kind) => NAMES[kind]).join(' | in ')} |
| --- | --- | --- | --- | --- |
${lines.join('\n')}${byHand.length === 0 ? '' : `\n\n${BY_HAND}\n${byHand.join('\n')}`}`;
  });
  return `## From ${NAMES[source]}\n\n${parts.join('\n\n')}`;
}

const BY_HAND = `| from | into a column made by hand | outcome |\n| --- | --- | --- |`;

/** The type of the created column and what is not exact in it. */
function created(cells: readonly Cell[], rules: readonly string[]): string {
  const own = cells.filter((cell) => cell.created);
  return `${code(own[0]!.into)}: ${outcome(own, rules)}`;
}

function handMade(type: EdgeType, cells: readonly Cell[], rules: readonly string[]): string[] {
  return KINDS.flatMap((target) => {
    const here = cells.filter((cell) => cell.type === type && cell.target === target && !cell.created);
    return [...new Set(here.map(({ into }) => into))].map((into) => {
      const found = outcome(
        here.filter((cell) => cell.into === into),
        rules,
      );
      return `| ${code(type.type)} | ${NAMES[target]} ${code(into)} | ${found} |`;
    });
  });
}

function outcome(cells: readonly Cell[], rules: readonly string[]): string {
  const parts: string[] = [];
  const refused = cells.find((cell) => cell.outcome === 'refused');
  if (refused !== undefined) return 'refused';
  for (const [n, rule] of rules.entries()) {
    const lossy = cells.filter((cell) => cell.outcome === 'lossy' && cell.note === rule);
    if (lossy.length > 0) parts.push(`lossy (${n + 1}): ${labels(lossy)}`);
  }
  const dirty = cells.filter((cell) => cell.outcome === 'dirty');
  if (dirty.length > 0) parts.push(`dirty: ${labels(dirty)}`);
  if (parts.length === 0) return 'exact';
  return cells.some((cell) => cell.outcome === 'exact')
    ? parts.join('; ')
    : `${parts.join('; ')} (none is exact)`;
}

const labels = (cells: readonly Cell[]): string => cells.map(({ label }) => code(label)).join(' ');

/** Text as code in a cell of a table. */
function code(text: string): string {
  const bare = text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  return bare.includes('`') ? `\`\` ${bare} \`\`` : `\`${bare}\``;
}
