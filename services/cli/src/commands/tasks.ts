import { isDeepStrictEqual } from 'node:util';
import type { TaskDocument } from '@sluice/model';
import type { Command } from 'commander';
import type { Client, ServerOptions } from '../client.ts';
import {
  clientOf,
  listing,
  type ListOptions,
  onServer,
  outputOption,
  timeoutOption,
  whole,
} from '../options.ts';
import { note, type Output, printable, printData, printList, time } from '../output.ts';
import { type GivenParameters, parameterOption } from '../parameter-option.ts';
import { atFile, type TaskFile, taskFiles } from '../task-files.ts';
import { scriptCommands } from './scripts.ts';
import { type Run, watchRun } from '../watch-run.ts';
import { dryRun } from './dry-run.ts';

interface Task {
  readonly id: string;
  readonly name: string;
  readonly document: TaskDocument;
  readonly updatedAt: number;
  readonly version: number;
}

interface Judged {
  readonly verdicts: readonly { to: string; from?: string; verdict: string; rule: string }[];
  readonly notes: readonly string[];
}

interface FileOptions extends ServerOptions {
  readonly name?: string;
  readonly output: Output;
}

const APPLY_HELP = `
A file holds a task document or a script of version 1.0, 2.0, DataX or Addax, in JSON with comments or YAML; the task is named after the
file, or by {"name": "...", "document": {...}}. Applying the same file again changes nothing.

Examples:
  sluice task apply orders.json
  sluice task apply tasks/
  cat orders.json | sluice task apply - --name orders
`;

export function taskCommands(program: Command): void {
  const task = program.command('task').description('tasks: what is read, how it maps, where it is written');
  onServer(task.command('validate <file>'))
    .description('judge a task document or script against its real source and target; stores nothing')
    .addOption(outputOption())
    .action(validate);
  onServer(task.command('target-table <file>'))
    .description('print the statement that would make the target table; runs nothing')
    .addOption(outputOption())
    .action(targetTable);
  onServer(task.command('dry-run <file>'))
    .description('show what becomes of the first source rows; writes nothing')
    .option('--rows <n>', 'rows to read, at most 20', whole(1), 5)
    .addOption(parameterOption())
    .addOption(outputOption())
    .action(dryRun);
  onServer(task.command('apply <file...>'))
    .description('create or change tasks, so that they are as the files say')
    .option('--name <name>', 'name of the task (one file)')
    .addOption(outputOption())
    .addHelpText('after', APPLY_HELP)
    .action(apply);
  onServer(task.command('run <name>'))
    .description('start a task and follow it to its end')
    .option('--detach', 'print the id of the run and do not wait')
    .option('--fresh', 'start over instead of going on with an unfinished append; rows may repeat')
    .addOption(parameterOption())
    .addOption(timeoutOption())
    .addOption(outputOption())
    .action(run);
  listing(task.command('ls')).description('list tasks').action(list);
  onServer(task.command('rm <name>'))
    .description('delete a task that is not running; its runs stay to be seen')
    .action(remove);
  scriptCommands(task);
}

async function remove(name: string, options: ServerOptions): Promise<void> {
  const client = clientOf(options);
  const { id } = await client.find('tasks', name);
  await (await client.open('DELETE', await client.in(`/tasks/${id}`))).body?.cancel();
  process.stdout.write(`deleted task ${name}\n`);
}

/** The statement alone on stdout, so that it can be piped into a client of the target. */
async function targetTable(path: string, options: FileOptions): Promise<void> {
  const client = clientOf(options);
  const [file] = await taskFiles([path], path === '-' ? '-' : undefined);
  const answer = await atFile(file!, async () =>
    client.post<{ exists: boolean; statement?: string; notes: string[] }>(
      await client.in('/tasks:target-table'),
      file!.document,
    ),
  );
  if (options.output !== 'table') return printData(answer, options.output);
  if (answer.statement !== undefined) process.stdout.write(`${printable(answer.statement)};\n`);
  for (const line of answer.exists ? ['The target table exists.'] : answer.notes) note(line);
}

async function validate(file: string, options: FileOptions): Promise<void> {
  const client = clientOf(options);
  const files = await taskFiles([file], file === '-' ? '-' : undefined);
  const answers: Judged[] = [];
  for (const one of files)
    answers.push(
      await atFile(one, async () => client.post<Judged>(await client.in('/tasks:validate'), one.document)),
    );
  if (options.output !== 'table')
    return printData(answers.length === 1 ? answers[0] : answers, options.output);
  for (const { verdicts, notes } of answers) {
    printList(verdicts, 'table', {
      field: ({ to }) => to,
      from: ({ from }) => from,
      verdict: ({ verdict }) => verdict,
      why: ({ rule }) => rule,
    });
    for (const line of notes) note(line);
  }
}

async function apply(paths: readonly string[], options: FileOptions): Promise<void> {
  const client = clientOf(options);
  const done: { name: string; id: string; done: string; version: number }[] = [];
  try {
    for (const file of await taskFiles(paths, options.name)) {
      const { task, how } = await atFile(file, () => applyOne(client, file));
      done.push({ name: task.name, id: task.id, done: how, version: task.version });
    }
  } finally {
    // What was done before an error stays done, and is said.
    if (done.length > 0)
      printList(done, options.output, {
        task: ({ name }) => name,
        done: ({ done: how }) => how,
        version: ({ version }) => version,
        id: ({ id }) => id,
      });
  }
}

async function applyOne(
  client: Client,
  { name, document }: TaskFile,
): Promise<{ task: Task; how: 'created' | 'changed' | 'unchanged' }> {
  const path = await client.in('/tasks');
  const { items } = await client.get<{ items: Task[] }>(`${path}?name=${encodeURIComponent(name)}`);
  const [known] = items;
  if (known === undefined) return { task: await client.post<Task>(path, { name, document }), how: 'created' };
  if (isDeepStrictEqual(known.document, document)) return { task: known, how: 'unchanged' };
  const guard = { 'if-match': `"${known.version}"` };
  return { task: await client.put<Task>(`${path}/${known.id}`, { name, document }, guard), how: 'changed' };
}

interface RunOptions extends ServerOptions {
  readonly detach?: boolean;
  readonly fresh?: boolean;
  readonly param?: GivenParameters;
  readonly timeout?: number;
  readonly output: Output;
}

async function run(name: string, options: RunOptions): Promise<void> {
  const client = clientOf(options);
  const { id } = await client.find('tasks', name);
  const body = {
    ...(options.fresh === true ? { fresh: true } : {}),
    ...(options.param === undefined ? {} : { parameters: options.param }),
  };
  const started = await client.post<Run>(await client.in(`/tasks/${id}:run`), body);
  if (options.detach === true) {
    if (options.output !== 'table') printData(started, options.output);
    else process.stdout.write(`${started.id}\n`);
    return note(`Follow it: sluice run logs -f ${started.id}`);
  }
  note(`Run ${started.id}`);
  await watchRun(client, started.id, options);
}

async function list(options: ListOptions): Promise<void> {
  const client = clientOf(options);
  printList(await client.list<Task>(await client.in('/tasks'), options.limit), options.output, {
    name: ({ name }) => name,
    mode: ({ document }) => document.mode,
    from: ({ document }) => document.reader.dataSource,
    to: ({ document }) => document.writer.dataSource,
    version: ({ version }) => version,
    updated: ({ updatedAt }) => time(updatedAt),
    id: ({ id }) => id,
  });
}
