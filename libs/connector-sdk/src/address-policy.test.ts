import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { checkAddress, checkedLookup } from './address-policy.ts';

describe('what a user names leads to no address that is not for users (S-37)', () => {
  it.each([
    '169.254.169.254',
    '169.254.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '100.100.100.200',
    '::',
    'fe80::1',
    'fe80::1%eth0',
    'ff02::1',
    'fd00:ec2::254',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '2002:a9fe:a9fe::1',
    '64:ff9b::169.254.169.254',
    'no address',
  ])('%s is refused', (address) => {
    expect(() => checkAddress(address)).toThrow(expect.objectContaining({ code: 'SLUICE_CFG_ADDRESS' }));
  });

  it.each([
    '127.0.0.1',
    '10.0.0.1',
    '192.168.1.1',
    '8.8.8.8',
    '::1',
    '2001:db8::1',
    '::ffff:10.0.0.1',
    'fd00::1',
  ])('%s is not', (address) => expect(() => checkAddress(address)).not.toThrow());

  it('a socket connects to an address that was looked at', async () => {
    const looked = await new Promise((done) =>
      checkedLookup('localhost', {}, (error, address) => done([error, address])),
    );
    expect(looked).toEqual([null, expect.stringMatching(/^(127\.0\.0\.1|::1)$/)]);
    const refused = await new Promise((done) =>
      connect({
        host: 'localhost',
        port: 9,
        lookup: (_, __, callback) => checkedLookup('169.254.169.254', {}, callback),
      }).once('error', done),
    );
    expect(refused).toMatchObject({ code: 'SLUICE_CFG_ADDRESS' });
  });
});
