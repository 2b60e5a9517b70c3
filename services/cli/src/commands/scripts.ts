import { DIALECTS } from '@sluice/script/dialects';
import { type Command, Option } from 'commander';
import { onServer, outputOption } from '../options.ts';
import type { ExportOptions, ImportOptions } from '../script-commands.ts';

const IMPORT_HELP = `
Works on this machine, without a server. The document goes to stdout, what became of each key with --report. Passwords of the script are never
printed; --add-data-sources sends them, with their connections, to the server.

Examples:
  sluice task import job.json > orders.json
  sluice task import job.json --report
  sluice task import job.json --strict --format yaml
`;

const formatOption = (): Option =>
  new Option('--format <format>', 'how the text is written').choices(['json', 'yaml']).default('json');

export function scriptCommands(task: Command): void {
  onServer(task.command('import <file>'))
    .description('make a task document of a script of version 1.0, 2.0, DataX or Addax')
    .option('--strict', 'anything wrong is an error, unknown keys too')
    .option('--report', 'print what became of each key instead of the document')
    .option('--add-data-sources', 'create the data sources that the script spells out, on the server')
    .addOption(formatOption())
    .addOption(outputOption())
    .addHelpText('after', IMPORT_HELP)
    .action(async (file: string, options: ImportOptions) =>
      (await import('../script-commands.ts')).importFile(file, options),
    );
  onServer(task.command('export <name>'))
    .description('print a task as a script of a dialect')
    .addOption(
      new Option('--dialect <dialect>', 'how the script is written').choices([...DIALECTS]).default('sluice'),
    )
    .addOption(formatOption())
    .action(async (name: string, options: ExportOptions) =>
      (await import('../script-commands.ts')).exportTask(name, options),
    );
}
