import { SluiceError } from '@sluice/model';

export interface SecretSource {
  /** Name of an environment variable that holds it. */
  readonly passwordEnv?: string;
  /** It is all of stdin. */
  readonly passwordStdin?: boolean;
}

/**
 * A secret from where others do not see it: an environment variable, stdin, or a prompt that shows nothing. Undefined when none was
 * given and nobody sits at a terminal. Throws SLUICE_CFG_USAGE when the named place holds none.
 */
export async function secret(source: SecretSource, what: string): Promise<string | undefined> {
  if (source.passwordEnv !== undefined) {
    const value = process.env[source.passwordEnv];
    if (value !== undefined && value !== '') return value;
    throw new SluiceError('SLUICE_CFG_USAGE', {
      detail: `The environment variable ${source.passwordEnv} is not set.`,
      place: '--password-env',
      hint: 'Name the variable that holds the secret, without a $.',
    });
  }
  if (source.passwordStdin === true) {
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
    const value = Buffer.concat(chunks)
      .toString()
      .replace(/\r?\n$/, '');
    if (value !== '') return value;
    throw new SluiceError('SLUICE_CFG_USAGE', {
      detail: 'Nothing came on stdin.',
      place: '--password-stdin',
    });
  }
  if (process.stdin.isTTY !== true || process.stderr.isTTY !== true) return undefined;
  return prompt(`${what} (empty for none): `);
}

const ENTER = new Set(['\r', '\n', '\u0004']);
const INTERRUPT = '\u0003';
const BACKSPACE = new Set(['\u007f', '\b']);

function prompt(question: string): Promise<string | undefined> {
  const { stdin, stderr } = process;
  stderr.write(question);
  stdin.setRawMode(true).setEncoding('utf8').resume();
  return new Promise((resolve) => {
    let typed: string[] = [];
    const end = (value: string | undefined): void => {
      stdin.off('data', take).setRawMode(false).pause();
      stderr.write('\n');
      resolve(value === '' ? undefined : value);
    };
    const take = (text: string): void => {
      for (const sign of text) {
        if (ENTER.has(sign)) return end(typed.join(''));
        if (sign === INTERRUPT) {
          end(undefined);
          process.kill(process.pid, 'SIGINT');
          return;
        }
        if (BACKSPACE.has(sign)) typed = typed.slice(0, -1);
        else typed.push(sign);
      }
    };
    stdin.on('data', take);
  });
}
