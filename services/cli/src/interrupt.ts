import { exitCode } from './exit-codes.ts';
import { clearProgress } from './progress-line.ts';
import { note } from './output.ts';

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
