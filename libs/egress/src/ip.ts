import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

export type Ip = ipaddr.IPv4 | ipaddr.IPv6;
export type Network = readonly [base: Ip, bits: number];

/** What kind of place an address is: `never` is called under no circumstances. */
export type Place =
  { readonly kind: 'public' | 'private' | 'loopback' } | { readonly kind: 'never'; readonly what: string };

const networkOf = (text: string): Network => ipaddr.parseCIDR(text);

/** Whether an address lies in a network; families never match each other. */
export function isWithin(address: Ip, [base, bits]: Network): boolean {
  return address.kind() === base.kind() && address.match(base, bits);
}

export const isSame = (one: Ip, other: Ip): boolean =>
  one.kind() === other.kind() && one.toNormalizedString() === other.toNormalizedString();

/** Networks that carry an IPv4 address inside, with the byte at which it begins. */
const carriers: readonly (readonly [network: Network, start: number])[] = [
  [networkOf('::ffff:0:0/96'), 12],
  [networkOf('::ffff:0:0:0/96'), 12],
  [networkOf('64:ff9b::/96'), 12],
  [networkOf('2002::/16'), 2],
  [networkOf('::/96'), 12],
];

/** The IPv4 address inside one of IPv6, such as `::ffff:10.1.2.3`. */
export function carriedIn(address: ipaddr.IPv6, bits = 128): ipaddr.IPv4 | undefined {
  const bytes = address.toByteArray();
  // `::` and `::1` are addresses in their own right.
  if (bytes.slice(0, 15).every((byte) => byte === 0) && (bytes[15] ?? 0) < 2) return undefined;
  const carrier = carriers.find(([network]) => bits >= network[1] && isWithin(address, network));
  return carrier && new ipaddr.IPv4(bytes.slice(carrier[1], carrier[1] + 4));
}

/** An address as it is judged: IPv4 inside IPv6 is the IPv4. Takes only plain spellings; the URL parser has seen to the others. */
export function ipOf(text: string): Ip | undefined {
  if (isIPv4(text)) return ipaddr.IPv4.parse(text);
  if (!isIPv6(text)) return undefined;
  const address = ipaddr.IPv6.parse(text.split('%', 1).join());
  return carriedIn(address) ?? address;
}

// In order: the first that matches names the address.
const never: readonly (readonly [network: Network, what: string])[] = [
  ...[
    '169.254.169.254/32',
    '100.100.100.200/32',
    '192.0.0.192/32',
    '168.63.129.16/32',
    'fd00:ec2::254/128',
    'fd00:ec2::23/128',
    'fd20:ce::254/128',
    'fd00:42::42/128',
  ].map((text) => [networkOf(text), 'a cloud metadata address'] as const),
  [networkOf('0.0.0.0/8'), 'an unspecified address'],
  [networkOf('::/128'), 'an unspecified address'],
  [networkOf('169.254.0.0/16'), 'a link-local address'],
  [networkOf('fe80::/10'), 'a link-local address'],
  [networkOf('224.0.0.0/4'), 'a multicast address'],
  [networkOf('ff00::/8'), 'a multicast address'],
  [networkOf('255.255.255.255/32'), 'the broadcast address'],
  [networkOf('240.0.0.0/4'), 'a reserved address'],
  [networkOf('192.0.0.0/24'), 'a reserved address'],
  [networkOf('192.88.99.0/24'), 'a reserved address'],
  ...['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32', '3fff::/20'].map(
    (text) => [networkOf(text), 'a documentation address'] as const,
  ),
  [networkOf('198.18.0.0/15'), 'a benchmarking address'],
  [networkOf('2001:2::/48'), 'a benchmarking address'],
  [networkOf('2001::/32'), 'a Teredo address'],
  [networkOf('2001::/23'), 'a reserved address'],
];

const loopback: readonly Network[] = [networkOf('127.0.0.0/8'), networkOf('::1/128')];
const privately: readonly Network[] = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  // Networks of mobile operators put their boxes here.
  '100.64.0.0/10',
  'fc00::/7',
].map(networkOf);
const globalUnicast = networkOf('2000::/3');

export function placeOf(address: Ip): Place {
  const forbidden = never.find(([network]) => isWithin(address, network));
  if (forbidden) return { kind: 'never', what: forbidden[1] };
  if (loopback.some((network) => isWithin(address, network))) return { kind: 'loopback' };
  if (privately.some((network) => isWithin(address, network))) return { kind: 'private' };
  // IANA has given out nothing else of IPv6 for hosts.
  const known = address.kind() === 'ipv4' || isWithin(address, globalUnicast);
  return known ? { kind: 'public' } : { kind: 'never', what: 'a reserved address' };
}

/** Whether a network names nothing but loopback: `0.0.0.0/0` holds it too, but does not name it. */
export function isLoopback([base, bits]: Network): boolean {
  return loopback.some((network) => bits >= network[1] && isWithin(base, network));
}
