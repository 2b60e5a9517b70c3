import type { Limits, Rate } from '@sluice/http-kit';
import { SluiceError } from '@sluice/model';

/** Seconds of calls that may come at once. */
const AT_ONCE = 10;
const CALLS = 100;
const REFUSED = 30;

/**
 * `SLUICE_RATE_LIMIT`: calls of one access key a second, default 100, ten seconds' worth at once. `SLUICE_REFUSED_LIMIT`: calls of one address a
 * minute that carry no valid key, default 30. 0: no limit. Throws SLUICE_CFG_INVALID for what is no number.
 */
export function limitSettings(environment: NodeJS.ProcessEnv): Limits {
  const calls = whole(environment, 'SLUICE_RATE_LIMIT', CALLS);
  const refused = whole(environment, 'SLUICE_REFUSED_LIMIT', REFUSED);
  return {
    ...(calls === 0 ? {} : { calls: { perSecond: calls, burst: calls * AT_ONCE } satisfies Rate }),
    ...(refused === 0 ? {} : { refused: { perSecond: refused / 60, burst: refused } satisfies Rate }),
  };
}

/** `SLUICE_TRUST_PROXY`: addresses and networks of proxies, separated by commas; without it nobody's word for an address is taken (S-63). */
export function trustedProxies(environment: NodeJS.ProcessEnv): readonly string[] | undefined {
  const given = (environment['SLUICE_TRUST_PROXY'] ?? '').split(',').map((one) => one.trim());
  const proxies = given.filter((one) => one !== '');
  return proxies.length === 0 ? undefined : proxies;
}

function whole(environment: NodeJS.ProcessEnv, name: string, fallback: number): number {
  const given = environment[name] ?? '';
  if (given === '') return fallback;
  if (/^\d{1,9}$/.test(given)) return Number(given);
  throw new SluiceError('SLUICE_CFG_INVALID', {
    detail: `${name} is no whole number.`,
    place: name,
    hint: `Give a number of calls, or 0 for no limit; without it ${fallback}.`,
  });
}
