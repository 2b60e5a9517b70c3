import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WRITE_MODES } from '@sluice/model';
import { Command, Option } from 'commander';
import { dataSourceCommands } from './commands/data-sources.ts';
import { runCommands } from './commands/runs.ts';
import { auditCommand } from './commands/audit.ts';
import { secretCommands } from './commands/secrets.ts';
import { taskCommands } from './commands/tasks.ts';
import { topicCommands } from './commands/topics.ts';
import type { CopyOptions } from './copy.ts';
import type { DoctorOptions } from './doctor.ts';
import { outputOption, whole } from './options.ts';
import type { UpOptions } from './up.ts';

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as {
  version: string;
};

const ENVIRONMENT = `
Environment: SLUICE_HOME (state, default ~/.sluice), SLUICE_PORT, SLUICE_URL (the server that ds, task, run, secret, topic and audit talk to),
SLUICE_TOKEN (access key; a server on loopback needs none). Exit codes: docs/cli.md.
`;

const COPY_EXAMPLE = `
Example:
  sluice copy 'postgres://u:p@host:5432/db#public.orders' 'mysql://u:p@host:3306/db#orders' --channels 4 --dirty-limit 10
`;

/** The whole command line. What runs an engine is loaded when it is asked for: the other commands answer sooner. */
export function sluice(): Command {
  const program = new Command('sluice')
    .description('Moves data between heterogeneous stores, exactly once.')
    .version(version)
    .exitOverride()
    .showSuggestionAfterError()
    // Errors are shown once, in our own form.
    .configureOutput({ outputError: () => undefined })
    .configureHelp({ sortSubcommands: true })
    .addHelpText('after', ENVIRONMENT);

  program
    .command('up')
    .description('start everything in one process on loopback')
    .option('--demo', 'make and run the demo task first')
    .option('--port <port>', 'port of the API (default 7070, or SLUICE_PORT)', whole(1))
    .action(async (options: UpOptions) => (await import('./up.ts')).up(options));

  program
    .command('demo')
    .description('make a shop with 200,000 orders, copy them, then stay as `up` does')
    .option('--port <port>', 'port of the API (default 7070, or SLUICE_PORT)', whole(1))
    .action(async (options: UpOptions) => (await import('./up.ts')).up({ ...options, demo: true }));

  program
    .command('copy <source> <target>')
    .description('copy one table; each end is <connection url>#<table>')
    .option('--channels <n>', 'channels that read and write side by side', whole(1), 1)
    .addOption(new Option('--write <mode>', 'default: upsert when the target has a key').choices(WRITE_MODES))
    .option('--truncate', 'empty the target table first')
    .option('--where <condition>', 'one SQL condition on the source')
    .option('--dirty-limit <n>', 'records that may be dirty; -1: any number', whole(-1), 0)
    .option('--rows-per-second <n>', 'throttle', whole(1))
    .option('--map-stage', 'map in a stage of its own even where the reader could')
    .option('--resume', 'go on with the unfinished run of the same copy')
    .option('--fresh', 'give the unfinished run up and start over')
    .addOption(
      new Option('--timeout <seconds>', 'stop after this; ends with 124, and --resume goes on').argParser(
        whole(1),
      ),
    )
    .addOption(outputOption())
    .addHelpText('after', COPY_EXAMPLE)
    .action(async (source: string, target: string, options: CopyOptions) =>
      (await import('./copy.ts')).copy(source, target, options),
    );

  program
    .command('doctor')
    .description('say what this machine has and what is missing')
    .addOption(outputOption())
    .action(async (options: DoctorOptions) => (await import('./doctor.ts')).doctor(options));

  dataSourceCommands(program);
  taskCommands(program);
  runCommands(program);
  secretCommands(program);
  topicCommands(program);
  auditCommand(program);
  return program;
}
