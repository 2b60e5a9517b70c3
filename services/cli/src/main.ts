import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { asSluiceError, ERRORS } from '@sluice/model';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { copy } from './copy.ts';
import { doctor } from './doctor.ts';
import { exitCodeOf } from './exit-codes.ts';
import { up } from './up.ts';

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as {
  version: string;
};

function whole(minimum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < minimum)
      throw new InvalidArgumentError(`A whole number from ${minimum} is wanted.`);
    return value;
  };
}

const program = new Command('sluice')
  .description('Moves data between heterogeneous stores, exactly once.')
  .version(version)
  .exitOverride()
  .showSuggestionAfterError()
  .configureHelp({ sortSubcommands: true });

program
  .command('up')
  .description('start everything in one process on loopback')
  .option('--demo', 'make and run the demo task first')
  .option('--port <port>', 'port of the API (default 7070, or SLUICE_PORT)', whole(1))
  .action(up);

program
  .command('copy <source> <target>')
  .description('copy one table; each end is <connection url>#<table>')
  .option('--channels <n>', 'channels that read and write side by side', whole(1), 1)
  .option('--write <mode>', 'insert or upsert (default: upsert when the target has a key)')
  .option('--truncate', 'empty the target table first')
  .option('--where <condition>', 'one SQL condition on the source')
  .option('--dirty-limit <n>', 'records that may be dirty; -1: any number', whole(-1), 0)
  .option('--rows-per-second <n>', 'throttle', whole(1))
  .option('--map-stage', 'map in a stage of its own even where the reader could')
  .option('--resume', 'go on with the unfinished run of the same copy')
  .option('--fresh', 'give the unfinished run up and start over')
  .option('-o, --output <format>', 'text or json', 'text')
  .addHelpText(
    'before',
    `Examples:
  sluice copy 'postgres://u:p@host:5432/db#public.orders' 'mysql://u:p@host:3306/db#orders' --channels 4
  sluice copy sqlite:shop.db#orders 'postgres://u:p@host/db#orders' --write insert --dirty-limit 10 -o json
`,
  )
  .action(copy);

program.command('doctor').description('say what this machine has and what is missing').action(doctor);

try {
  await program.parseAsync();
} catch (thrown) {
  if (thrown instanceof CommanderError) process.exitCode = thrown.exitCode === 0 ? 0 : 2;
  else {
    const error = asSluiceError(thrown);
    process.stderr.write(`${error.code}: ${error.detail}\n${error.hint}\n`);
    if (ERRORS[error.code].kind === 'bug' && process.env['SLUICE_DEBUG'] !== undefined)
      process.stderr.write(`${(thrown as Error).stack}\n`);
    process.exitCode = exitCodeOf(error);
  }
}
