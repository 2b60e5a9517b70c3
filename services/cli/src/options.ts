import { type Command, InvalidArgumentError, Option } from 'commander';
import { Client, type ServerOptions } from './client.ts';
import { type Output, OUTPUTS } from './output.ts';

/** A whole number that is not smaller. */
export function whole(minimum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < minimum)
      throw new InvalidArgumentError(`A whole number from ${minimum} is wanted.`);
    return value;
  };
}

export function outputOption(): Option {
  return new Option('-o, --output <format>', 'how data is written to stdout')
    .choices(OUTPUTS)
    .default(OUTPUTS[0]);
}

/** For commands that wait: the run goes on when their time is over. */
export function timeoutOption(): Option {
  return new Option('--timeout <seconds>', 'wait no longer than this; ends with 124').argParser(whole(1));
}

export interface ListOptions extends ServerOptions {
  readonly output: Output;
  readonly limit: number;
}

/** A command that talks to a server. */
export function onServer(command: Command): Command {
  return command
    .option('--url <url>', 'the server (default: SLUICE_URL, else the one on this machine)')
    .option('--workspace <name>', 'name or id (default: the workspace of the access key)');
}

export function listing(command: Command): Command {
  return onServer(command).addOption(outputOption()).option('--limit <n>', 'at most so many', whole(1), 200);
}

export const clientOf = (options: ServerOptions): Client => new Client(options);
