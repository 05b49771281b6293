import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { Ip, Network } from './ip';
import { carriedIn, isSame } from './ip';

export interface PortRange {
  readonly from: number;
  readonly to: number;
}

/** Who may be called, at which ports. `peer` is the address from which the charge box itself calls. */
export interface AllowEntry {
  readonly whom: 'peer' | 'public' | 'private' | Network;
  readonly ports: readonly PortRange[];
}

/** Who may be called without an operator saying so: the configuration OUTBOUND_ALLOW. */
export interface AllowList {
  readonly entries: readonly AllowEntry[];
}

export interface AllowListViolations {
  readonly violations: readonly string[];
}

type Parsed<T> = T | { readonly wrong: string };

const everyPort: readonly PortRange[] = [{ from: 1, to: 65_535 }];
const forms =
  'Allowed are peer, public, private, or a network such as 10.0.0.0/8, 10.1.2.3, [fd00::]/8 or [fd00::1], each with ports such as :80,443,8000-8999 if not all.';

/** Reads OUTBOUND_ALLOW: entries with white space between. Every wrong entry is told. */
export function parseAllowList(text: string): AllowList | AllowListViolations {
  const parsed = text
    .split(/\s+/)
    .filter((entry) => entry !== '')
    .map((entry) => ({ entry, result: entryOf(entry) }));
  const violations = parsed.flatMap(({ entry, result }) =>
    'wrong' in result ? [`"${entry}" ${result.wrong}. ${forms}`] : [],
  );
  if (violations.length > 0) return { violations };
  return { entries: parsed.flatMap(({ result }) => ('wrong' in result ? [] : [result])) };
}

function entryOf(entry: string): Parsed<AllowEntry> {
  if (isIPv6(entry.split('/')[0] ?? '')) return { wrong: 'is IPv6 without brackets' };
  const parts = /^(\[[^\]]*\](?:\/[^:]*)?|[^:]*)(?::(.*))?$/.exec(entry);
  if (parts === null) return { wrong: 'cannot be read' };
  const whom = whomOf(parts[1] ?? '');
  if (typeof whom === 'object' && 'wrong' in whom) return whom;
  const ports = parts[2] === undefined ? everyPort : portsOf(parts[2]);
  return 'wrong' in ports ? ports : { whom, ports };
}

function whomOf(text: string): Parsed<AllowEntry['whom']> {
  const word = text.toLowerCase();
  if (word === 'peer' || word === 'public' || word === 'private') return word;
  if (text.includes(',')) return { wrong: 'has a comma where white space belongs' };
  const [address = '', bits, ...more] = text.split('/');
  if (more.length > 0) return { wrong: 'has more than one prefix length' };
  const base = baseOf(address);
  return 'wrong' in base ? base : networkOf(base, bits);
}

function baseOf(text: string): Parsed<Ip> {
  if (isIPv4(text)) return ipaddr.IPv4.parse(text);
  const inside = /^\[([^\]%]*)\]$/.exec(text)?.[1];
  if (inside !== undefined && isIPv6(inside)) return ipaddr.IPv6.parse(inside);
  return { wrong: 'is neither a word of the list nor a network' };
}

function networkOf(base: Ip, prefix: string | undefined): Parsed<Network> {
  const most = base.kind() === 'ipv4' ? 32 : 128;
  const bits = prefix === undefined ? most : Number(prefix);
  if (prefix !== undefined && (!/^\d{1,3}$/.test(prefix) || bits > most))
    return { wrong: `has a prefix length that is not a number from 0 to ${most}` };
  const first = firstOf(base, bits);
  if (!isSame(base, first)) return { wrong: `is not where a network begins, which is ${written(first)}/${bits}` };
  // Such addresses are judged as the IPv4 inside, so the entry would never match.
  const carried = base instanceof ipaddr.IPv6 ? carriedIn(base, bits) : undefined;
  return carried === undefined
    ? [base, bits]
    : { wrong: `is IPv4 inside IPv6: write the IPv4 network, of ${carried.toString()}` };
}

function firstOf(base: Ip, bits: number): Ip {
  const bytes = base.toByteArray().map((byte, index) => {
    const kept = Math.max(0, Math.min(8, bits - index * 8));
    return byte & (0xff << (8 - kept));
  });
  return ipaddr.fromByteArray(bytes);
}

function portsOf(text: string): Parsed<readonly PortRange[]> {
  const ranges = text.split(',').map((part) => {
    const [, from, to] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part) ?? [];
    return { from: Number(from), to: Number(to ?? from) };
  });
  const good = ranges.every(({ from, to }) => from >= 1 && from <= to && to <= 65_535);
  return good ? ranges : { wrong: 'has ports that are not numbers or ranges from 1 to 65535 with commas between' };
}

export const hasPort = (ports: readonly PortRange[], port: number): boolean =>
  ports.some(({ from, to }) => from <= port && port <= to);

/** An address as it is written in the list: IPv6 in brackets. */
export const written = (address: Ip): string =>
  address instanceof ipaddr.IPv6 ? `[${address.toRFC5952String()}]` : address.toString();

/** The network around an address that an operator would probably list. */
export function neighbourhood(address: Ip): string {
  const bits = address.kind() === 'ipv4' ? 24 : 64;
  return `${written(firstOf(address, bits))}/${bits}`;
}
