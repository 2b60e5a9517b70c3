import { lookup as resolve } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { SluiceError } from '@sluice/model';

/**
 * Addresses that nothing a user names leads to (S-37): "this" network, link-local ones, where clouds tell their secrets, and groups. IPv4
 * addresses within IPv6 (mapped, 6to4, NAT64) are looked at as what they lead to.
 */
const DENIED = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['100.100.100.200', 32],
] as const)
  DENIED.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of [
  ['::', 128],
  ['fe80::', 10],
  ['ff00::', 8],
  ['fd00:ec2::', 32],
] as const)
  DENIED.addSubnet(network, prefix, 'ipv6');

/** Throws SLUICE_CFG_ADDRESS for an address that must not be connected to. */
export function checkAddress(address: string): void {
  const within = embedded(address);
  const isDenied =
    within === undefined
      ? DENIED.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
      : DENIED.check(within, 'ipv4');
  if (isDenied || isIP(address) === 0)
    throw new SluiceError('SLUICE_CFG_ADDRESS', {
      detail: `The address ${address.slice(0, 60)} is not one that may be connected to.`,
      place: address.slice(0, 60),
    });
}

/**
 * For `lookup` of sockets: every address of a name is checked, and the socket connects to one of those that were, so that a second answer of
 * the name server changes nothing. Sockets do not ask for it when the host is an address: check that with `checkAddress`.
 */
export const checkedLookup: LookupFunction = (hostname, options, callback) => {
  resolve(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return callback(error, '');
    try {
      for (const { address } of addresses) checkAddress(address);
    } catch (refused) {
      return callback(refused as NodeJS.ErrnoException, '');
    }
    if (options.all === true) return callback(null, addresses);
    const [first] = addresses;
    if (first === undefined)
      return callback(Object.assign(new Error('no address'), { code: 'ENOTFOUND' }), '');
    callback(null, first.address, first.family);
  });
};

/** The IPv4 address that an IPv6 address stands for. */
function embedded(address: string): string | undefined {
  if (isIP(address) !== 6) return undefined;
  const words = wordsOf(address);
  const v4 = (high: number, low: number): string => [high >> 8, high & 255, low >> 8, low & 255].join('.');
  const [a, b, c] = words as [number, number, number];
  if (a === 0x2002) return v4(b, c);
  const isMapped = words.slice(0, 5).every((word) => word === 0) && words[5] === 0xffff;
  const isNat64 = a === 0x64 && b === 0xff9b && words.slice(2, 6).every((word) => word === 0);
  return isMapped || isNat64 ? v4(words[6]!, words[7]!) : undefined;
}

/** The eight words of an IPv6 address. */
function wordsOf(address: string): number[] {
  const plain = address
    .replace(/%.*$/, '')
    .replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...bytes: string[]) => {
      const [p, q, r, s] = bytes.map(Number) as [number, number, number, number];
      return `${((p << 8) | q).toString(16)}:${((r << 8) | s).toString(16)}`;
    });
  const [head = '', tail] = plain.split('::');
  const of = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16));
  const [before, after] = [of(head), tail === undefined ? [] : of(tail)];
  return [
    ...before,
    ...Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => 0),
    ...after,
  ];
}
