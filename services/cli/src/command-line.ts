import { asSluiceError, ERRORS, SluiceError } from '@sluice/model';
import { CommanderError } from 'commander';
import { exitCodeOf } from './exit-codes.ts';
import { sluice } from './program.ts';
import { errorText } from './say-error.ts';

// Whoever reads our output may stop early: `sluice run ls | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
});

const program = sluice();
try {
  await program.parseAsync();
} catch (thrown) {
  const isHelp =
    thrown instanceof CommanderError && (thrown.exitCode === 0 || thrown.code === 'commander.help');
  // Help that was asked for is an answer; help instead of a missing command is an error that has spoken already.
  if (isHelp) process.exitCode = thrown.exitCode === 0 ? 0 : 2;
  else {
    const error = thrown instanceof CommanderError ? usage(thrown) : asSluiceError(thrown);
    process.stderr.write(errorText(error));
    if (ERRORS[error.code].kind === 'bug' && process.env['SLUICE_DEBUG'] !== undefined)
      process.stderr.write(`${(thrown as Error).stack}\n`);
    process.exitCode = exitCodeOf(error);
  }
}

/** What commander found wrong, as one of our errors; the value of an option that does not exist may be a secret. */
function usage({ message }: CommanderError): SluiceError {
  const detail = message
    .replace(/^error: /, '')
    .replaceAll('\n', ' ')
    .replace(/'(--?[^'=]+)=.*?'( \(|$)/, "'$1=...'$2");
  return new SluiceError('SLUICE_CFG_USAGE', { detail });
}
