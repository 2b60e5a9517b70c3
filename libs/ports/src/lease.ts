import { SluiceError } from '@sluice/model';

/** How long a worker that says nothing counts as alive, in milliseconds; its splits and channels go to others then. */
export const DEFAULT_LEASE = 10_000;

/** Seconds: below, a worker that waits for orders would be missed; above, work would lie about for too long. */
const [SHORTEST, LONGEST] = [4, 300];

/** The lease that the environment variable SLUICE_LEASE asks for. Throws SLUICE_CFG_INVALID. */
export function leaseOf(text: string | undefined): number {
  if (text === undefined || text === '') return DEFAULT_LEASE;
  const seconds = Number(text);
  if (!Number.isInteger(seconds) || seconds < SHORTEST || seconds > LONGEST)
    throw new SluiceError('SLUICE_CFG_INVALID', {
      detail: `SLUICE_LEASE is a whole number of seconds from ${SHORTEST} to ${LONGEST}, not ${text}.`,
      place: 'SLUICE_LEASE',
    });
  return seconds * 1000;
}
