import { readFileSync } from 'node:fs';
import { SluiceError } from '@sluice/model';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * A setting that may hold a secret: the variable `name`, or the text of the file that `<name>_FILE` names, so that it need not stand in
 * the environment. Throws SLUICE_CFG_INVALID when there is neither, SLUICE_AUTH_SECRET when the file cannot be read.
 */
export function requiredSetting(name: string, environment: Environment = process.env): string {
  const given = environment[name];
  if (given !== undefined && given !== '') return given;
  const file = environment[`${name}_FILE`];
  if (file === undefined || file === '')
    throw new SluiceError('SLUICE_CFG_INVALID', {
      detail: `The environment variable ${name} is not set.`,
      place: name,
      hint: `Set it, or set ${name}_FILE to a file that holds it.`,
    });
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new SluiceError('SLUICE_AUTH_SECRET', {
      detail: `The file of ${name} cannot be read.`,
      place: file,
      cause,
    });
  }
}
