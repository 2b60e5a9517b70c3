import type { TaskDocument } from '@sluice/model';
import type { DryRunRow } from '@sluice/ports';
import type { Client, ServerOptions } from '../client.ts';
import { clientOf } from '../options.ts';
import { note, type Output, printData, printList } from '../output.ts';
import type { GivenParameters } from '../parameter-option.ts';
import { atFile, taskFiles } from '../task-files.ts';

export interface DryRunOptions extends ServerOptions {
  readonly rows: number;
  readonly param?: GivenParameters;
  readonly output: Output;
}

interface Answer {
  readonly rows: readonly DryRunRow[];
  readonly notes: readonly string[];
}

/** Characters of a row that the table shows. */
const SHOWN = 100;

/** `sluice task dry-run FILE`: what becomes of the first rows; stores and writes nothing. */
export async function dryRun(path: string, options: DryRunOptions): Promise<void> {
  const client = clientOf(options);
  const [file] = await taskFiles([path], path === '-' ? '-' : undefined);
  const answer = await atFile(file!, () => ask(client, file!.document as TaskDocument, options));
  if (options.output !== 'table') return printData(answer, options.output);
  printList(
    answer.rows.map((row, index) => ({ ...row, number: index + 1 })),
    'table',
    {
      row: ({ number }) => number,
      outcome: ({ outcome }) => outcome,
      source: ({ source }) => values(source),
      result: ({ mapped, code, reason }) => (code === undefined ? values(mapped) : `${code}: ${reason}`),
    },
  );
  if (answer.rows.length === 0) note('The source has no rows.');
  for (const line of answer.notes) note(line);
}

async function ask(client: Client, document: TaskDocument, { rows, param }: DryRunOptions): Promise<Answer> {
  const parameters = param === undefined ? {} : { parameters: param };
  return client.post<Answer>(await client.in('/tasks:dry-run'), { document, rows, ...parameters });
}

/** `id 1, note null`: in the order of the columns, cut where it is long. */
function values(row: unknown): string | undefined {
  if (row === undefined || row === null) return undefined;
  const text =
    typeof row === 'string'
      ? row
      : Object.entries(row)
          .map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
          .join(', ');
  return text.length > SHOWN ? `${text.slice(0, SHOWN - 3)}...` : text;
}
