import { expect, it } from 'vitest';
import { DEFAULT_LEASE, leaseOf } from './lease.ts';

it('reads whole seconds between its bounds and names what is wrong with anything else', () => {
  expect([undefined, '', '4', '300'].map(leaseOf)).toEqual([DEFAULT_LEASE, DEFAULT_LEASE, 4000, 300_000]);
  for (const wrong of ['3', '301', '4.5', '10s', '-5', 'NaN'])
    expect(() => leaseOf(wrong), wrong).toThrow(
      expect.objectContaining({ code: 'SLUICE_CFG_INVALID', place: 'SLUICE_LEASE' }),
    );
});
