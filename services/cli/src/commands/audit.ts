import type { AuditVerdict, KeptAuditEntry } from '@sluice/ports';
import type { Command } from 'commander';
import { exitCode } from '../exit-codes.ts';
import { moment } from '../moment.ts';
import { clientOf, listing, type ListOptions } from '../options.ts';
import { note, printList, time } from '../output.ts';

interface AuditOptions extends ListOptions {
  readonly actor?: string;
  readonly action?: string;
  readonly object?: string;
  readonly since?: string;
  readonly until?: string;
  readonly verify?: boolean;
}

/** Entries that one call answers at most. */
const PAGE = 200;

const HELP = `
Examples:
  sluice audit --action task.update --since 2026-03-01
  sluice audit --verify -o json
`;

export function auditCommand(program: Command): void {
  listing(program.command('audit'))
    .description('who did what in a workspace, the newest first')
    .option('--actor <key>', 'of one access key: slk_<id>')
    .option('--action <action>', 'of one kind, e.g. task.update')
    .option('--object <id>', 'about one object')
    .option('--since <time>', 'from then on (a date or a time, e.g. 2026-03-01T12:00Z)')
    .option('--until <time>', 'before then')
    .option('--verify', 'check that no entry was changed or taken out; fails when one was')
    .addHelpText('after', HELP)
    .action(audit);
}

async function audit(options: AuditOptions): Promise<void> {
  const client = clientOf(options);
  if (options.verify === true) {
    const verdict = await client.get<AuditVerdict>(await client.in('/audit/verdict'));
    printList([verdict], options.output, {
      entries: ({ entries }) => entries,
      whole: ({ brokenAt }) => (brokenAt === undefined ? 'yes' : `broken at entry ${brokenAt}`),
      'last hash': ({ head }) => head,
    });
    if (verdict.brokenAt !== undefined) process.exitCode = exitCode('error');
    else note('Keep the last hash elsewhere: it shows later that no entry was cut off at the end.');
    return;
  }
  const query = new URLSearchParams();
  for (const name of ['actor', 'action', 'object'] as const)
    if (options[name] !== undefined) query.set(name, options[name]);
  for (const name of ['since', 'until'] as const)
    if (options[name] !== undefined) query.set(name, String(moment(options[name], name)));
  const entries: KeptAuditEntry[] = [];
  for (;;) {
    query.set('limit', String(Math.min(PAGE, options.limit - entries.length)));
    const page = await client.get<{ items: KeptAuditEntry[]; nextBefore?: number }>(
      await client.in(`/audit?${query}`),
    );
    entries.push(...page.items);
    if (page.nextBefore === undefined || entries.length >= options.limit) break;
    query.set('before', String(page.nextBefore));
  }
  printList(entries, options.output, {
    n: ({ n }) => n,
    time: (entry) => time(entry.time),
    actor: ({ actor }) => actor,
    action: ({ action }) => action,
    object: ({ object, name }) => name ?? object,
    changed: ({ changed, refused }) => refused ?? changed?.join(' '),
    from: ({ address }) => address,
  });
}
