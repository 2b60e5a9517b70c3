import { SluiceError } from '@sluice/model';
import type { Command } from 'commander';
import type { ServerOptions } from '../client.ts';
import { clientOf, listing, type ListOptions, onServer } from '../options.ts';
import { printList, time } from '../output.ts';
import { secret, type SecretSource } from '../secret-input.ts';

interface Secret {
  readonly name: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

const SET_HELP = `
The value is never an argument: it is asked for, or comes from a variable or stdin. It is not shown again.

Examples:
  openssl rand -hex 32 | sluice secret set pii --password-stdin
  sluice secret set pii --password-env PII_KEY
`;

export function secretCommands(program: Command): void {
  const command = program
    .command('secret')
    .description('secrets of a workspace, e.g. keys of hashes in mappings');
  onServer(command.command('set <name>'))
    .description('keep a secret under a name; what it was before is forgotten')
    .option('--password-env <variable>', 'environment variable that holds it')
    .option('--password-stdin', 'read it from stdin')
    .addHelpText('after', SET_HELP)
    .action(set);
  listing(command.command('ls')).description('list the names of secrets').action(list);
  onServer(command.command('rm <name>'))
    .description('delete a secret; runs that need it fail')
    .action(remove);
}

async function set(name: string, options: ServerOptions & SecretSource): Promise<void> {
  const value = await secret(options, `Secret ${name}`);
  if (value === undefined)
    throw new SluiceError('SLUICE_CFG_USAGE', {
      detail: 'There is no value.',
      place: '--password-env, --password-stdin',
      hint: 'Name the variable that holds it, or send it to stdin.',
    });
  const client = clientOf(options);
  await client.put<Secret>(await client.in(`/secrets/${encodeURIComponent(name)}`), { value });
  process.stdout.write(`kept secret ${name}\n`);
}

async function list(options: ListOptions): Promise<void> {
  const client = clientOf(options);
  printList(await client.list<Secret>(await client.in('/secrets'), options.limit), options.output, {
    name: ({ name }) => name,
    updated: ({ updatedAt }) => time(updatedAt),
  });
}

async function remove(name: string, options: ServerOptions): Promise<void> {
  const client = clientOf(options);
  await (await client.open('DELETE', await client.in(`/secrets/${encodeURIComponent(name)}`))).body?.cancel();
  process.stdout.write(`deleted secret ${name}\n`);
}
