import { resolve } from 'node:path';
import { connectorForUrl } from '@sluice/connectors';
import { type ConnectorSpec, type ErrorCode, ERRORS, SluiceError } from '@sluice/model';
import type { Command } from 'commander';
import type { Client, ServerOptions } from '../client.ts';
import { exitCode, exitCodeOf } from '../exit-codes.ts';
import { clientOf, listing, type ListOptions, onServer, outputOption } from '../options.ts';
import { note, type Output, printData, printList, time } from '../output.ts';
import { catalogueCommands, tables } from './catalogue.ts';
import { secret, type SecretSource } from '../secret-input.ts';

interface DataSource {
  readonly id: string;
  readonly name: string;
  readonly connector: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, unknown>>;
  readonly updatedAt: number;
}

interface CheckStage {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly code?: string;
  readonly remedy?: string;
}

const ADD_HELP = `
The password is never an argument: it is asked for, or comes from a variable or stdin.

Examples:
  sluice ds add shop postgres://reader@db.example:5432/shop --password-env SHOP_PASSWORD
  pass show shop | sluice ds add shop mysql://reader@db.example/shop --password-stdin
  sluice ds add files sqlite:orders.db
`;

export function dataSourceCommands(program: Command): void {
  const ds = program.command('ds').description('data sources: named connections of a workspace');
  onServer(ds.command('add <name> <url>'))
    .description('add a data source from a connection URL without its password')
    .option('--password-env <variable>', 'environment variable that holds the password')
    .option('--password-stdin', 'read the password from stdin')
    .option('--replace', 'replace the settings when the name exists')
    .option('--group <name>', 'resource group whose workers can reach it')
    .addOption(outputOption())
    .addHelpText('after', ADD_HELP)
    .action(add);
  listing(ds.command('ls')).description('list data sources').action(list);
  onServer(ds.command('check <name>'))
    .description('let a worker connect, and say how far it got')
    .addOption(outputOption())
    .action(check);
  listing(ds.command('tables <name>'))
    .description('list the tables that a worker finds there')
    .option('--search <text>', 'part of the name')
    .option('--namespace <name>', 'of one schema or database')
    .action(tables);
  onServer(ds.command('rm <name>')).description('delete a data source that no task uses').action(remove);
  catalogueCommands(ds);
}

interface AddOptions extends ServerOptions, SecretSource {
  readonly replace?: boolean;
  readonly group?: string;
  readonly output: Output;
}

async function add(name: string, url: string, options: AddOptions): Promise<void> {
  const { connector, config, table, path: files } = connectorForUrl(url);
  if (table !== undefined)
    throw new SluiceError('SLUICE_CFG_URL', {
      detail: 'A data source is a connection; this URL names a table too.',
      hint: `Leave #${table} out: the table belongs to a task.`,
    });
  const client = clientOf(options);
  const spec = await client.get<ConnectorSpec>(`/api/v1/connectors/${connector}`);
  const field = Object.entries(spec.dataSource.properties).find(([, property]) => property.secret === true);
  if (field !== undefined && config[field[0]] !== undefined)
    throw new SluiceError('SLUICE_CFG_USAGE', {
      detail: `The URL holds the ${field[0]}: others on this machine can read it, and the shell's history keeps it.`,
      place: '<url>',
      hint: 'Leave it out of the URL and give --password-env, --password-stdin, or type it when asked. Change the one that was shown.',
    });
  const value = field === undefined ? undefined : await secret(options, field[1].title);
  const { path } = config;
  const whole = {
    ...config,
    // Of files the whole path is the root.
    ...(files === undefined ? {} : { root: resolve(String(config['root']), files) }),
    // A path is of this directory, not of the one that the server was started in.
    ...(typeof path === 'string' && path !== ':memory:' ? { path: resolve(path) } : {}),
    ...(value === undefined ? {} : { [field![0]]: value }),
  };
  const group = options.group === undefined ? {} : { resourceGroup: options.group };
  const wanted = { name, connector, config: whole, ...group };
  const { made, how } = await store(client, wanted, options.replace === true);
  if (options.output !== 'table') printData(made, options.output);
  else process.stdout.write(`${how} data source ${made.name} (${made.connector}, ${made.id})\n`);
  note(`Check it: sluice ds check ${name}`);
}

async function store(
  client: Client,
  body: { readonly name: string; readonly connector: string; readonly config: object },
  replace: boolean,
): Promise<{ made: DataSource; how: 'added' | 'replaced' }> {
  const { name, connector, ...settings } = body;
  try {
    return { made: await client.post<DataSource>(await client.in('/data-sources'), body), how: 'added' };
  } catch (error) {
    if (!(error instanceof SluiceError) || error.code !== 'SLUICE_CFG_CONFLICT') throw error;
    const conflict = (detail: string, hint: string): SluiceError =>
      new SluiceError('SLUICE_CFG_CONFLICT', { detail, place: name, hint });
    if (!replace)
      throw conflict(
        `There is a data source ${name} already.`,
        'Choose another name, or give --replace to change its settings.',
      );
    const { id, connector: known } = await client.find<DataSource>('data-sources', name);
    if (known !== connector)
      throw conflict(`The data source ${name} is one of ${known}.`, 'Choose another name.');
    const made = await client.put<DataSource>(await client.in(`/data-sources/${id}`), settings);
    return { made, how: 'replaced' };
  }
}

async function list(options: ListOptions): Promise<void> {
  const client = clientOf(options);
  printList(await client.list<DataSource>(await client.in('/data-sources'), options.limit), options.output, {
    name: ({ name }) => name,
    connector: ({ connector }) => connector,
    where: ({ config }) => config['path']?.toString() ?? `${config['host']}/${config['database']}`,
    secrets: ({ secrets }) => Object.keys(secrets).join(', ') || undefined,
    updated: ({ updatedAt }) => time(updatedAt),
    id: ({ id }) => id,
  });
}

async function check(name: string, options: ServerOptions & { readonly output: Output }): Promise<void> {
  const client = clientOf(options);
  const { id } = await client.find('data-sources', name);
  const { stages } = await client.post<{ stages: CheckStage[] }>(
    await client.in(`/data-sources/${id}:check`),
  );
  printList(stages, options.output, {
    stage: (stage) => stage.name,
    ok: (stage) => (stage.ok ? 'ok' : 'FAIL'),
    detail: (stage) => stage.detail,
    code: (stage) => stage.code,
    remedy: (stage) => stage.remedy,
  });
  const failed = stages.find(({ ok }) => !ok);
  if (failed === undefined) return;
  const isKnown = failed.code !== undefined && Object.hasOwn(ERRORS, failed.code);
  process.exitCode = isKnown ? exitCodeOf({ code: failed.code as ErrorCode }) : exitCode('failed');
}

async function remove(name: string, options: ServerOptions): Promise<void> {
  const client = clientOf(options);
  const { id } = await client.find('data-sources', name);
  await (await client.open('DELETE', await client.in(`/data-sources/${id}`))).body?.cancel();
  process.stdout.write(`deleted data source ${name}\n`);
}
