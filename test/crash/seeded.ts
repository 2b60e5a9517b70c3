import { createHash } from 'node:crypto';

/**
 * Numbers in [0, 1) from a seed that is printed, so that a failure can be played again with `SLUICE_SEED=...`. `what` keeps the
 * series of different tests apart.
 */
export function seeded(what: string): () => number {
  const seed = process.env['SLUICE_SEED'] ?? String(Math.floor(Math.random() * 1e9));
  process.stdout.write(`seed of ${what}: SLUICE_SEED=${seed}\n`);
  let n = 0;
  return () => createHash('sha256').update(`${seed} ${what} ${n++}`).digest().readUIntBE(0, 6) / 2 ** 48;
}
