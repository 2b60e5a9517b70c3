import { signalsContract } from '@sluice/testkit';
import { MemorySignals } from './index.ts';

signalsContract('within one process', async () => {
  const signals = new MemorySignals();
  return [signals, signals];
});
