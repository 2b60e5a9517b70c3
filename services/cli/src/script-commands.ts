import { SluiceError } from '@sluice/model';
import { type Imported, type Loss, print } from '@sluice/script';
import type { ServerOptions } from './client.ts';
import { clientOf } from './options.ts';
import { note, type Output, printData, printList } from './output.ts';
import { placed, readScript, scriptFault } from './script-files.ts';
import { textOf } from './task-files.ts';

export interface ImportOptions extends ServerOptions {
  readonly strict?: boolean;
  readonly report?: boolean;
  readonly addDataSources?: boolean;
  readonly format: 'json' | 'yaml';
  readonly output: Output;
}

export interface ExportOptions extends ServerOptions {
  readonly dialect: string;
  readonly format: 'json' | 'yaml';
}

/** `sluice task import`: the document to stdout, remarks to stderr. */
export async function importFile(path: string, options: ImportOptions): Promise<void> {
  const script = await readScript(await textOf(path), { strict: options.strict === true });
  const fault = scriptFault(path, script);
  if (fault !== undefined && (script.document === undefined || options.strict === true)) throw fault;
  if (options.addDataSources === true) await addDataSources(script, options);
  show(path, script, options);
  // What stands against the document is said, and the document is shown all the same.
  if (fault !== undefined) throw fault;
}

function show(path: string, script: Imported, { report, output, format }: ImportOptions): void {
  const { document, dataSources, problems, dialect, isReady } = script;
  if (output !== 'table' && report !== true)
    return printData({ dialect, document, dataSources, report: script.report, problems, isReady }, output);
  for (const problem of problems)
    if (problem.severity === 'warning') note(`${placed(path, problem)}: ${problem.cause}`);
  for (const { name, connector } of dataSources) note(`It spells out a data source ${name} (${connector}).`);
  if (report !== true) return void process.stdout.write(print(document as never, format));
  printList(script.report, output, {
    line: ({ line }) => line,
    key: ({ pointer }) => pointer,
    fate: ({ fate }) => fate,
    became: ({ became }) => became,
    value: ({ value }) => (value === undefined ? undefined : clipped(JSON.stringify(value))),
    why: ({ why, nearest, code }) => (nearest === undefined ? (why ?? code) : `Did you mean ${nearest}?`),
  });
}

const clipped = (text: string): string => (text.length <= 40 ? text : `${text.slice(0, 37)}...`);

/** Their passwords go to the server and nowhere else. */
async function addDataSources({ dataSources, secrets }: Imported, options: ServerOptions): Promise<void> {
  const client = clientOf(options);
  for (const { name, connector, config } of dataSources) {
    try {
      await client.post(await client.in('/data-sources'), {
        name,
        connector,
        config: { ...config, ...secrets.get(name) },
      });
      note(`added data source ${name} (${connector})`);
    } catch (error) {
      if (!(error instanceof SluiceError) || error.code !== 'SLUICE_CFG_CONFLICT') throw error;
      note(`There is a data source ${name} already; it stays as it is.`);
    }
  }
}

/** `sluice task export`: the script to stdout, what it cannot say to stderr. */
export async function exportTask(name: string, { dialect, format, ...server }: ExportOptions): Promise<void> {
  const client = clientOf(server);
  const { id } = await client.find('tasks', name);
  const { text, lost } = await client.get<{ text: string; lost: readonly Loss[] }>(
    await client.in(`/tasks/${id}/export?dialect=${encodeURIComponent(dialect)}&format=${format}`),
  );
  for (const { pointer, why } of lost) note(`${pointer}: ${why}`);
  process.stdout.write(text);
}
