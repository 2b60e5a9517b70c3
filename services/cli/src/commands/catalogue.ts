import type { Column } from '@sluice/model';
import type { Preview } from '@sluice/ports';
import type { Command } from 'commander';
import type { Client, ServerOptions } from '../client.ts';
import { clientOf, type ListOptions, onServer, outputOption, whole } from '../options.ts';
import { note, type Output, printData, printList } from '../output.ts';

interface Table {
  readonly schema?: string;
  readonly qualified: string;
  readonly kind: string;
  readonly rowsEstimate?: number;
}

interface Described {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly key: readonly string[];
}

/** Characters of a value that the table of a preview shows. */
const SHOWN = 40;

type Shown = ServerOptions & { readonly output: Output };

/** Commands that look into a data source; a worker that can reach it does the looking. */
export function catalogueCommands(ds: Command): void {
  onServer(ds.command('namespaces <name>'))
    .description('list the schemas or databases that a worker finds there')
    .addOption(outputOption())
    .action(namespaces);
  onServer(ds.command('columns <name> <table>'))
    .description('show the columns of a table with their types, and its key')
    .addOption(outputOption())
    .action(columns);
  onServer(ds.command('preview <name> <table>'))
    .description('show the first rows of a table; changes nothing there')
    .option('--rows <n>', 'at most 50', whole(1), 10)
    .addOption(outputOption())
    .action(preview);
}

const pathOf = async (client: Client, name: string, rest: string): Promise<string> => {
  const { id } = await client.find('data-sources', name);
  return client.in(`/data-sources/${id}${rest}`);
};

export async function tables(
  name: string,
  options: ListOptions & { readonly search?: string; readonly namespace?: string },
): Promise<void> {
  const client = clientOf(options);
  const query = new URLSearchParams();
  if (options.search !== undefined) query.set('search', options.search);
  if (options.namespace !== undefined) query.set('namespace', options.namespace);
  const path = await pathOf(client, name, `/tables${query.size === 0 ? '' : `?${query}`}`);
  printList(await client.list<Table>(path, options.limit), options.output, {
    table: ({ qualified }) => qualified,
    kind: ({ kind }) => kind,
    'rows, about': ({ rowsEstimate }) => rowsEstimate,
  });
}

async function namespaces(name: string, options: Shown): Promise<void> {
  const client = clientOf(options);
  const { items } = await client.get<{ items: { name: string }[] }>(
    await pathOf(client, name, '/namespaces'),
  );
  printList(items, options.output, { namespace: (item) => item.name });
}

async function columns(name: string, table: string, options: Shown): Promise<void> {
  const client = clientOf(options);
  const body = { parameters: { table } };
  const found = await client.post<Described>(await pathOf(client, name, ':describe'), body);
  if (options.output !== 'table') return printData(found, options.output);
  printList(found.columns, 'table', {
    column: (column) => column.name,
    type: ({ nativeType }) => nativeType,
    kind: ({ kind, precision, scale }) =>
      precision === undefined ? kind : `${kind}(${precision}, ${scale})`,
    nullable: ({ nullable }) => (nullable ? 'yes' : 'no'),
    key: (column) => (found.key.includes(column.name) ? found.key.indexOf(column.name) + 1 : undefined),
  });
}

async function preview(
  name: string,
  table: string,
  options: Shown & { readonly rows: number },
): Promise<void> {
  const client = clientOf(options);
  const body = { parameters: { table }, rows: Math.min(options.rows, 50) };
  const found = await client.post<Preview>(await pathOf(client, name, ':preview'), body);
  if (options.output !== 'table') return printData(found, options.output);
  const short = (text: string | null | undefined): string | undefined =>
    text == null ? undefined : text.length > SHOWN ? `${text.slice(0, SHOWN - 3)}...` : text;
  printList(
    found.rows,
    'table',
    Object.fromEntries(
      found.columns.map((column, at) => [column.name, (row: readonly (string | null)[]) => short(row[at])]),
    ),
  );
  for (const { code, reason } of found.dirty) note(`${code}: ${reason}`);
  const masked = found.columns.filter(({ isMasked }) => isMasked === true);
  if (masked.length > 0) note(`Not shown by their names: ${masked.map((column) => column.name).join(', ')}.`);
}
