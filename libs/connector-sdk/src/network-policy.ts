import { BlockList, isIP } from 'node:net';
import { SluiceError } from '@sluice/model';

/**
 * Never a store, whatever is allowed: "this host", link-local with the metadata services of clouds, multicast, reserved; and metadata
 * services that have addresses elsewhere.
 */
const NEVER = [
  '0.0.0.0/8',
  '169.254.0.0/16',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  '::',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
  'fd00:ec2::254',
] as const;

interface Rule {
  readonly networks: BlockList;
  /** Absent: every port. */
  readonly port?: number;
}

export interface NetworkRules {
  /** Only these networks may be reached; absent: every one that is not denied. */
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
}

/** Where data sources may lead (S-37). A network is `10.0.0.0/8`, `10.1.2.3`, `10.1.2.3:5432`, `[fd00::]/8:5432`. */
export class NetworkPolicy {
  readonly #allow: readonly Rule[] | undefined;
  readonly #deny: readonly Rule[];

  /** Throws SLUICE_CFG_INVALID for what is no network. */
  constructor({ allow, deny = [] }: NetworkRules = {}) {
    this.#allow = allow?.map(ruleOf);
    this.#deny = [...NEVER, ...deny].map(ruleOf);
  }

  /** @param address an IP address; one that carries another inside (mapped, NAT64, 6to4, Teredo) is also judged by that. */
  isAllowed(address: string, port: number): boolean {
    const forms = formsOf(address);
    if (forms.length === 0) return false;
    const fits = ({ networks, port: only }: Rule): boolean =>
      (only === undefined || only === port) &&
      forms.some((form) => networks.check(form, isIP(form) === 4 ? 'ipv4' : 'ipv6'));
    if (this.#deny.some(fits)) return false;
    return this.#allow === undefined || this.#allow.some(fits);
  }

  /** Throws SLUICE_CFG_ADDRESS; every address of a name has to be allowed. */
  demand(host: string, addresses: readonly string[], port: number): void {
    if (addresses.length > 0 && addresses.every((address) => this.isAllowed(address, port))) return;
    throw new SluiceError('SLUICE_CFG_ADDRESS', {
      detail: `${host}:${port} leads to a network that data sources may not reach.`,
      place: 'host',
    });
  }
}

function ruleOf(text: string): Rule {
  const found = /^(?:\[([^\]]+)\]|([^/[\]]*?))(?:\/(\d{1,3}))?(?::(\d{1,5}))?$/.exec(text);
  // An IPv6 address without brackets has no port.
  const [address, prefix, port] =
    isIP(text.split('/')[0]!) === 6
      ? [text.split('/')[0]!, text.split('/')[1], undefined]
      : [found?.[1] ?? found?.[2] ?? '', found?.[3], found?.[4]];
  const family = isIP(address);
  const bits = family === 4 ? 32 : 128;
  const length = prefix === undefined ? bits : Number(prefix);
  if (family === 0 || !(length <= bits) || Number(port ?? 1) > 65535)
    throw new SluiceError('SLUICE_CFG_INVALID', {
      detail: `${text} is no network.`,
      place: 'SLUICE_NETWORK_ALLOW, SLUICE_NETWORK_DENY',
      hint: 'Write networks as 10.0.0.0/8, 10.1.2.3:5432 or [fd00::]/8:5432, separated by commas.',
    });
  const networks = new BlockList();
  networks.addSubnet(address, length, family === 4 ? 'ipv4' : 'ipv6');
  return port === undefined ? { networks } : { networks, port: Number(port) };
}

/** An address and those that it stands for; none for what is no address. */
function formsOf(text: string): string[] {
  const address = text.replace(/%.*$/s, '');
  const family = isIP(address);
  if (family === 0) return [];
  if (family === 4) return [address];
  const groups = groupsOf(address);
  const v4 = (high: number, low: number): string => [high >> 8, high & 255, low >> 8, low & 255].join('.');
  const inner: string[] = [];
  const startsWith = (...head: readonly number[]): boolean => head.every((group, i) => groups[i] === group);
  // Compatible, mapped, translated (SIIT), NAT64 and its local form.
  const last = v4(groups[6]!, groups[7]!);
  if (startsWith(0, 0, 0, 0, 0, 0) && groups[6] !== 0) inner.push(last);
  if (startsWith(0, 0, 0, 0, 0, 0xffff) || startsWith(0, 0, 0, 0, 0xffff, 0)) inner.push(last);
  if (startsWith(0x64, 0xff9b)) inner.push(last);
  // 6to4, Teredo (inverted), ISATAP.
  if (startsWith(0x2002)) inner.push(v4(groups[1]!, groups[2]!));
  if (startsWith(0x2001, 0)) inner.push(v4(groups[6]! ^ 0xffff, groups[7]! ^ 0xffff));
  if ((groups[4] === 0 || groups[4] === 0x200) && groups[5] === 0x5efe) inner.push(last);
  return [address, ...inner];
}

/** The eight groups of an IPv6 address. */
function groupsOf(address: string): number[] {
  const dotted = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) =>
    [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)].map((n) => n.toString(16)).join(':'),
  );
  const [head = '', tail] = dotted.split('::');
  const parse = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const [first, last] = [parse(head), parse(tail ?? '')];
  return tail === undefined
    ? first
    : [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last];
}

let ofProcess: NetworkPolicy | undefined;

/**
 * The policy of this process: `SLUICE_NETWORK_ALLOW` and `SLUICE_NETWORK_DENY`, networks separated by commas. Without them everything is allowed
 * but what is never a store.
 */
export function networkPolicy(): NetworkPolicy {
  const list = (name: string): string[] =>
    (process.env[name] ?? '').split(',').flatMap((one) => (one.trim() === '' ? [] : [one.trim()]));
  const [allow, deny] = [list('SLUICE_NETWORK_ALLOW'), list('SLUICE_NETWORK_DENY')];
  return (ofProcess ??= new NetworkPolicy(allow.length === 0 ? { deny } : { allow, deny }));
}
