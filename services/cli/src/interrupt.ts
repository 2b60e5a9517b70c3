import { SluiceError } from '@sluice/model';
import { exitCode, exitCodeOf } from './exit-codes.ts';
import { clearProgress } from './progress-line.ts';
import { note } from './output.ts';
import { errorText } from './say-error.ts';

/** Ends the command at a signal, saying what goes on without it. Answers what takes that back. */
export function onInterrupt(text: string): () => void {
  const interrupted = (): void => {
    clearProgress();
    note(text);
    process.exit(exitCode('interrupted'));
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.once(signal, interrupted);
  return () => {
    for (const signal of signals) process.off(signal, interrupted);
  };
}

/** Ends the command when it has waited this long for a run, which goes on; answers what takes that back. */
export function endAfter(seconds: number | undefined, run: string): () => void {
  if (seconds === undefined) return () => undefined;
  const timer = setTimeout(() => {
    const error = new SluiceError('SLUICE_RUN_TIMEOUT', {
      detail: `The run does not rest yet after ${seconds} s.`,
      place: `run ${run}`,
      hint: `The run goes on. Follow it: sluice run logs -f ${run}`,
    });
    clearProgress();
    process.stderr.write(errorText(error));
    process.exit(exitCodeOf(error));
  }, seconds * 1000);
  return () => clearTimeout(timer);
}
