import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

/** Proxies whose word on where a request comes from is taken. */
export interface TrustedProxies {
  /** As they were given: addresses and networks. */
  readonly names: readonly string[];
  /** Where a request comes from: the nearest address that is no proxy of ours. */
  clientOf(request: Pick<IncomingMessage, 'headers' | 'socket'>): string | undefined;
}

/** Reads addresses and networks with commas between, or says what is wrong with each. */
export function trustedProxies(text: string): TrustedProxies | { readonly violations: readonly string[] } {
  const names = text.split(',').flatMap((name) => (name.trim() === '' ? [] : [name.trim()]));
  const list = new BlockList();
  const violations = names
    .filter((name) => !added(list, name))
    .map((name) => `holds ${JSON.stringify(name)}, which is neither an address nor a network`);
  if (violations.length > 0) return { violations };
  const isProxy = (address: string) => list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  return { names, clientOf: (request) => clientOf(request, isProxy) };
}

function added(list: BlockList, name: string): boolean {
  const [address = '', prefix, ...rest] = name.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  const family = version === 6 ? 'ipv6' : 'ipv4';
  const longest = version === 6 ? 128 : 32;
  const bits = prefix === undefined ? longest : /^\d{1,3}$/.test(prefix) ? Number(prefix) : NaN;
  if (!(bits <= longest)) return false;
  list.addSubnet(address, bits, family);
  return true;
}

// Whatever stands before the last address that a proxy of ours wrote, anybody may have written.
function clientOf(
  { headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>,
  isProxy: (address: string) => boolean,
): string | undefined {
  const peer = plain(socket.remoteAddress);
  const forwarded = headers['x-forwarded-for'];
  if (peer === undefined || forwarded === undefined) return peer;
  let client = peer;
  for (const hop of String(forwarded).split(',').reverse()) {
    const address = plain(hop.trim());
    if (!isProxy(client) || address === undefined) return client;
    client = address;
  }
  return client;
}

/** An address without the prefix of IPv4 in IPv6; `undefined` for what is none. */
function plain(text: string | undefined): string | undefined {
  const address = text?.replace(/^::ffff:(?=\d+\.)/i, '');
  return address !== undefined && isIP(address) > 0 ? address : undefined;
}
