import { SluiceError } from '@sluice/model';

/** Characters of a secret that a machine chose; a person's password is shorter. */
const SHORTEST = 20;

/** What stands in examples and what people type to be done with it. */
const SAMPLES =
  /^(change.?me|secret|password|passw0rd|token|sluice|admin|root|test|example|default|demo|letmein|qwerty|0?123456789?0?)+[!.\d]*$/i;

/**
 * Refuses a secret of the installation that others could guess (S-1): one of a sample, one that repeats itself, a short one.
 * Throws SLUICE_AUTH_SECRET, which does not repeat it.
 */
export function refuseWeak(secret: string, place: string): void {
  const why = weakness(secret);
  if (why === undefined) return;
  throw new SluiceError('SLUICE_AUTH_SECRET', {
    detail: `The secret ${why}.`,
    place,
    hint: 'Give 64 random hex digits, for example of: openssl rand -hex 32',
  });
}

function weakness(secret: string): string | undefined {
  if (SAMPLES.test(secret.replaceAll(/[-_ ]/g, ''))) return 'is one that stands in examples';
  if (secret.length < SHORTEST) return `has fewer than ${SHORTEST} characters`;
  for (let part = 1; part <= 8; part++)
    if (
      secret ===
      secret
        .slice(0, part)
        .repeat(Math.ceil(secret.length / part))
        .slice(0, secret.length)
    )
      return 'repeats itself';
  return undefined;
}
