import { RESTING_STATES, RUN_TRANSITIONS, type RunState } from '@sluice/model';
import type { LogLine } from '@sluice/ports';
import { type Command, Option } from 'commander';
import type { ServerOptions } from '../client.ts';
import { events } from '../event-source.ts';
import { endAfter, onInterrupt } from '../interrupt.ts';
import {
  clientOf,
  listing,
  type ListOptions,
  onServer,
  outputOption,
  timeoutOption,
  whole,
} from '../options.ts';
import { moment } from '../moment.ts';
import { dirtyCommands } from './dirty-records.ts';
import { note, type Output, printable, printData, printItem, printList, time } from '../output.ts';
import { type Run, watchRun } from '../watch-run.ts';

type Line = LogLine & { readonly n: number };

const VERBS = {
  stop: 'stop reading, drain, keep the positions; it can be resumed',
  cancel: 'end a run for good: every writer is fenced first',
  resume: 'go on with a stopped or failed run',
} as const;

export function runCommands(program: Command): void {
  const run = program.command('run').description('runs of tasks');
  listing(run.command('ls'))
    .description('list runs, the newest first')
    .addOption(new Option('--state <state>', 'only these').choices(Object.keys(RUN_TRANSITIONS)))
    .option('--task <name>', 'of one task')
    .option('--since <time>', 'made from then on (a date or a time, e.g. 2026-03-01T12:00Z)')
    .option('--until <time>', 'made before then')
    .action(list);
  onServer(run.command('logs <id>'))
    .description('print the log of a run')
    .option('-f, --follow', 'go on until the run rests')
    .addOption(timeoutOption())
    .addOption(new Option('--level <level>', 'at least').choices(['debug', 'info', 'warn', 'error']))
    .addOption(new Option('--stage <stage>', 'of one stage').choices(['read', 'map', 'write', 'coordinator']))
    .option('--split <n>', 'of one split', whole(0))
    .option('--tail <n>', 'only the last lines', whole(1))
    .addOption(outputOption())
    .action(logs);
  dirtyCommands(run);
  for (const [verb, does] of Object.entries(VERBS))
    onServer(run.command(`${verb} <id>`))
      .description(does)
      .option('--wait', 'until the run rests')
      .addOption(timeoutOption())
      .addOption(outputOption())
      .action((id: string, options: ControlOptions) => control(verb as keyof typeof VERBS, id, options));
}

interface RunListOptions extends ListOptions {
  readonly state?: string;
  readonly task?: string;
  readonly since?: string;
  readonly until?: string;
}

async function list(options: RunListOptions): Promise<void> {
  const client = clientOf(options);
  const query = new URLSearchParams();
  if (options.state !== undefined) query.set('state', options.state);
  if (options.task !== undefined) query.set('task', (await client.find('tasks', options.task)).id);
  for (const name of ['since', 'until'] as const)
    if (options[name] !== undefined) query.set(name, String(moment(options[name], name)));
  const path = await client.in(`/runs${query.size === 0 ? '' : `?${query}`}`);
  const runs = await client.list<Run>(path, options.limit);
  const isTable = options.output === 'table' && runs.length > 0;
  const tasks = isTable
    ? await client.list<{ id: string; name: string }>(await client.in('/tasks'), 10_000)
    : [];
  const names = new Map(tasks.map(({ id, name }) => [id, name]));
  printList(runs, options.output, {
    run: ({ id }) => id,
    task: ({ task }) => names.get(task) ?? task,
    state: ({ state }) => state,
    started: ({ createdAt }) => time(createdAt),
    read: ({ counts }) => counts?.read,
    written: ({ counts }) => counts?.written,
    dirty: ({ counts }) => counts?.dirty,
    error: ({ error }) => error?.code,
  });
}

interface LogOptions extends ServerOptions {
  readonly follow?: boolean;
  readonly level?: string;
  readonly stage?: string;
  readonly split?: number;
  readonly tail?: number;
  readonly timeout?: number;
  readonly output: Output;
}

async function logs(id: string, options: LogOptions): Promise<void> {
  const client = clientOf(options);
  const query = new URLSearchParams();
  if (options.level !== undefined) query.set('level', options.level);
  if (options.stage !== undefined) query.set('stage', options.stage);
  if (options.split !== undefined) query.set('split', String(options.split));
  if (options.tail !== undefined) {
    query.set('from', 'tail');
    query.set('limit', String(Math.min(options.tail, 1000)));
  }
  const path = await client.in(`/runs/${encodeURIComponent(id)}/logs`);
  const print = (line: Line): void => printLine(line, options.output);
  if (options.follow === true) {
    const done = onInterrupt('The run goes on.');
    const late = endAfter(options.timeout, id);
    query.set('follow', 'true');
    for await (const { event, data } of events(client, `${path}?${query}`, (one) => one.event === 'end'))
      if (event === 'log') print(data as Line);
    late();
    done();
    return;
  }
  for (let after = 0; ;) {
    if (options.tail === undefined) query.set('after', String(after));
    const page = await client.get<{ lines: Line[]; after: number }>(`${path}?${query}`);
    for (const line of page.lines) print(line);
    if (options.tail !== undefined || page.after === after) return;
    ({ after } = page);
  }
}

function printLine(line: Line, output: Output): void {
  if (output !== 'table') return printItem(line, output);
  const { time: at, level, stage, split, worker, message, code } = line;
  const where = [stage, split === undefined ? undefined : `split ${split}`, worker].filter(Boolean).join(' ');
  const text = `${new Date(at).toISOString()} ${level.padEnd(5)} ${where.padEnd(11)} ${code === undefined ? '' : `${code}: `}${message}`;
  process.stdout.write(`${printable(text)}\n`);
}

interface ControlOptions extends ServerOptions {
  readonly wait?: boolean;
  readonly timeout?: number;
  readonly output: Output;
}

async function control(verb: keyof typeof VERBS, id: string, options: ControlOptions): Promise<void> {
  const client = clientOf(options);
  const run = await client.post<Run>(await client.in(`/runs/${encodeURIComponent(id)}:${verb}`));
  if (options.wait === true && verb === 'resume') return watchRun(client, run.id, options);
  let now = run;
  if (options.wait === true) {
    const done = onInterrupt(`The run is ${now.state}; it goes on to its end without this command.`);
    const late = endAfter(options.timeout, id);
    while (!RESTING_STATES.has(now.state as RunState)) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      now = await client.get<Run>(await client.in(`/runs/${encodeURIComponent(id)}`));
    }
    late();
    done();
  }
  if (options.output !== 'table') printData(now, options.output);
  else process.stdout.write(`${now.id} ${now.state}\n`);
  if (!RESTING_STATES.has(now.state as RunState)) note(`Follow it: sluice run logs -f ${id}`);
}
