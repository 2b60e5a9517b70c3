import { trimmed } from '../syntax/json-text.ts';
import { TEXT, TEXTS } from './conversions.ts';
import type { Draft } from './draft.ts';
import type { Keys } from './reading.ts';

/** Write modes of scripts with ours; the long forms come first, a script is read by how its word begins. */
const MODES: readonly (readonly [begins: string, mode: string])[] = [
  ['insert ignore', 'ignore'],
  ['insert', 'insert'],
  ['replace', 'replace'],
  // It inserts, or updates the row of the same key.
  ['on duplicate key update', 'upsert'],
  ['update', 'upsert'],
  ['ignore', 'ignore'],
];

/** A single statement that empties the target table. */
const TRUNCATE = /^(?:truncate(?:\s+table)?|delete\s+from)\s+(.+?)\s*;?$/i;

/** How a table is written: mode, and what happens before the first row. Targets of scripts exist: none is created. */
export function importWriting(draft: Draft, keys: Keys, connector: string | undefined): void {
  const { reading } = draft;
  draft.fill(keys.node, 'table', '/write/createTable', false, 'A target table must exist there.');
  importMode(draft, keys, connector);
  const before = keys.take('preSql', ['preStatement']);
  if (before === undefined) return;
  const statements = reading.value(before, TEXTS) as readonly string[] | undefined;
  if (statements === undefined) return draft.saysNothing(before, '/writer/parameter/preSql');
  const emptied = statements.length === 1 ? TRUNCATE.exec(trimmed(statements[0]!))?.[1] : undefined;
  if (emptied !== undefined && (emptied === '@table' || emptied === draft.get('/writer/parameters/table')))
    draft.place(before, '/write/truncateFirst', true, {
      keepAs: '/writer/parameter/preSql',
      changesRows: true,
    });
  else
    draft.place(before, '/write/preSql', statements, {
      keepAs: '/writer/parameter/preSql',
      changesRows: true,
    });
}

function importMode(draft: Draft, keys: Keys, connector: string | undefined): void {
  const { reading } = draft;
  const member = keys.take('writeMode');
  const value = member === undefined ? undefined : reading.value(member, TEXT);
  if (member === undefined || value === undefined) {
    if (member !== undefined) draft.saysNothing(member, '/writer/parameter/writeMode');
    return draft.fill(
      keys.node,
      'writeMode',
      '/write/mode',
      'insert',
      'Rows are inserted; one with a key that exists is dirty.',
    );
  }
  const text = trimmed(String(value)).toLowerCase().replace(/\s+/g, ' ');
  const mode = MODES.find(([begins]) => text.startsWith(begins))?.[1];
  if (mode === undefined) {
    reading.settle(member, { fate: 'unsupported', became: '/write/mode', code: 'SCRIPT_RANGE' });
    reading.problem(member.value, {
      code: 'SCRIPT_RANGE',
      cause: `There is no write mode ${text.slice(0, 40)}: it is insert, replace or update.`,
      remedy: 'Write insert, replace or update.',
    });
    return;
  }
  draft.set('/write/mode', mode);
  const modes: readonly string[] = draft.spec('writer')?.capabilities.writeModes ?? [];
  if (connector === undefined || modes.includes(mode)) return reading.mapped(member, '/write/mode', mode);
  reading.settle(member, {
    fate: 'unsupported',
    became: '/write/mode',
    code: 'SCRIPT_UNSUPPORTED',
    value: mode,
  });
  reading.problem(member.value, {
    code: 'SCRIPT_UNSUPPORTED',
    cause: `${draft.spec('writer')!.title} has no write mode ${mode} yet.`,
    remedy: `Write one of ${modes.map((one) => (one === 'upsert' ? 'update' : one)).join(', ')}, if the task can do with it.`,
  });
}
