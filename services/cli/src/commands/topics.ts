import { SluiceError } from '@sluice/model';
import type { ChannelInfo, TopicInfo } from '@sluice/ports';
import { type Command, Option } from 'commander';
import type { Client, ServerOptions } from '../client.ts';
import { onInterrupt } from '../interrupt.ts';
import { clientOf, listing, type ListOptions, onServer, outputOption, whole } from '../options.ts';
import { type Output, printable, printItem, printList, time } from '../output.ts';

interface Message {
  readonly offset: number;
  readonly timestamp: number;
  readonly rows?: readonly unknown[];
  readonly error?: string;
  readonly [field: string]: unknown;
}

/** New messages are looked for this often (milliseconds), so many at once. */
const LOOK_EVERY = 500;
const PAGE = 50;

const TAIL_HELP = `
Each record is one line of JSON; with -o json each batch is one, with all it carries. Consumers are not disturbed.

Examples:
  sluice topic tail orders -n 3
  sluice topic tail sluice.default.0199c2f0-....read --partition 1 -f
`;

export function topicCommands(program: Command): void {
  const topic = program.command('topic').description('topics: what is in flight between the stages');
  listing(topic.command('ls')).description('list topics with their messages').action(list);
  onServer(topic.command('tail <topic>'))
    .description('print the newest batches of a topic, or of the topic of a task')
    .option('-n, --batches <n>', 'so many of each partition', whole(1), 10)
    .option('--partition <n>', 'of one partition', whole(0))
    .addOption(
      new Option('--stage <stage>', 'when a task is named: what its reader or its mapper sent').choices([
        'read',
        'mapped',
      ]),
    )
    .option('-f, --follow', 'go on with what comes')
    .addOption(outputOption())
    .addHelpText('after', TAIL_HELP)
    .action(tail);
}

async function list(options: ListOptions): Promise<void> {
  const client = clientOf(options);
  const { items } = await client.get<{ items: TopicInfo[] }>(await client.in('/topics'));
  const topics = await Promise.all(
    items.slice(0, options.limit).map(async (topic) => {
      const partitions = await partitionsOf(client, topic.name);
      return { ...topic, messages: partitions.reduce((sum, { low, high }) => sum + high - low, 0) };
    }),
  );
  printList(topics, options.output, {
    topic: ({ name }) => name,
    partitions: ({ channels }) => channels,
    batches: ({ messages }) => messages,
  });
}

interface TailOptions extends ServerOptions {
  readonly batches: number;
  readonly partition?: number;
  readonly stage?: 'read' | 'mapped';
  readonly follow?: boolean;
  readonly output: Output;
}

async function tail(name: string, options: TailOptions): Promise<void> {
  const client = clientOf(options);
  const topic = await topicOf(client, name, options.stage);
  const partitions = (await partitionsOf(client, topic)).filter(
    ({ channel }) => options.partition === undefined || channel === options.partition,
  );
  const next = new Map<number, number>();
  for (const { channel, low, high } of partitions) {
    next.set(channel, Math.max(low, high - options.batches));
    await printFrom(client, topic, channel, next, options.output);
  }
  if (options.follow !== true) return;
  onInterrupt('');
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
    for (const { channel } of partitions) await printFrom(client, topic, channel, next, options.output);
  }
}

/** Prints everything of a partition from where it was left. */
async function printFrom(
  client: Client,
  topic: string,
  partition: number,
  next: Map<number, number>,
  output: Output,
): Promise<void> {
  for (;;) {
    const query = `partition=${partition}&offset=${next.get(partition)}&limit=${PAGE}`;
    const path = await client.in(`/topics/${encodeURIComponent(topic)}/messages?${query}`);
    const { items } = await client.get<{ items: Message[] }>(path);
    for (const message of items) print(partition, message, output);
    const last = items.at(-1);
    if (last === undefined) return;
    next.set(partition, last.offset + 1);
  }
}

function print(partition: number, message: Message, output: Output): void {
  if (output !== 'table') return printItem({ partition, ...message }, output);
  const { offset, timestamp, rows = [], error } = message;
  const head = `# partition ${partition} offset ${offset} ${time(timestamp)} ${error ?? `${rows.length} records`}`;
  process.stdout.write(`${[printable(head), ...rows.map((row) => JSON.stringify(row))].join('\n')}\n`);
}

async function partitionsOf(client: Client, topic: string): Promise<readonly ChannelInfo[]> {
  const path = await client.in(`/topics/${encodeURIComponent(topic)}/partitions`);
  return (await client.get<{ items: ChannelInfo[] }>(path)).items;
}

/** A topic by its own name, or by its task: what was mapped, where there is a map stage. */
async function topicOf(client: Client, name: string, stage: 'read' | 'mapped' | undefined): Promise<string> {
  if (name.startsWith('sluice.')) return name;
  const { id } = await client.find('tasks', name);
  const { items } = await client.get<{ items: TopicInfo[] }>(await client.in('/topics'));
  const ends = stage === undefined ? ['mapped', 'read'] : [stage];
  const names = ends.map((end) => items.find((topic) => topic.name.endsWith(`.${id}.${end}`))?.name);
  const found = names.find((one) => one !== undefined);
  if (found !== undefined) return found;
  throw new SluiceError('SLUICE_CFG_NOT_FOUND', {
    detail: `The task ${name} has no topic${stage === undefined ? '' : ` of what was ${stage === 'read' ? 'read' : 'mapped'}`}.`,
    place: name,
    hint: 'Run the task first; see the topics: sluice topic ls',
  });
}
