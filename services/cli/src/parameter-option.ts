import { InvalidArgumentError, Option } from 'commander';

/** Parameters of a task, as texts; the server takes them for the types that the task declares. */
export type GivenParameters = Readonly<Record<string, string>>;

/** `--param name=value`, as often as there are parameters; the value may hold anything, `=` too. */
export function parameterOption(): Option {
  return new Option(
    '--param <name=value>',
    'value of a parameter that the task declares (repeatable)',
  ).argParser((text: string, before: GivenParameters | undefined): GivenParameters => {
    const at = text.indexOf('=');
    if (at < 1) throw new InvalidArgumentError('It is written name=value.');
    const name = text.slice(0, at);
    if (before !== undefined && Object.hasOwn(before, name))
      throw new InvalidArgumentError(`The parameter ${name} is given twice.`);
    return { ...before, [name]: text.slice(at + 1) };
  });
}
