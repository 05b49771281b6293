import type { Clock } from '@app/kernel';
import { isIPv4, isIPv6 } from 'node:net';
import { LRUCache } from 'lru-cache';

const window = 60_000;
const tries = 10;

/** Counts the wrong keys of each peer: after ten in a minute it has to wait until the minute is over. */
export class WrongKeys {
  private readonly peers = new LRUCache<string, { count: number; until: number }>({ max: 10_000 });

  constructor(private readonly clock: Clock) {}

  note(address: string): void {
    const peer = peerOf(address);
    const known = this.peers.get(peer);
    const now = this.clock.now();
    if (known === undefined || known.until <= now) this.peers.set(peer, { count: 1, until: now + window });
    else known.count += 1;
  }

  /** Seconds until the next try, 0 when it may come now. */
  waitOf(address: string): number {
    const known = this.peers.get(peerOf(address));
    if (known === undefined || known.count < tries) return 0;
    return Math.max(0, Math.ceil((known.until - this.clock.now()) / 1000));
  }
}

// Whoever has one IPv6 address has its whole /64 to change through.
export function peerOf(address: string): string {
  const bare = address.split('%', 1)[0] ?? '';
  const mapped = /^::ffff:([\d.]+)$/i.exec(bare)?.[1];
  if (mapped !== undefined && isIPv4(mapped)) return mapped;
  return isIPv6(bare) ? networkOf(bare) : address;
}

function networkOf(address: string): string {
  const [head, tail] = address.split('::').map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = Array<string>(Math.max(0, 8 - (head?.length ?? 0) - (tail?.length ?? 0))).fill('0');
  const groups = [...(head ?? []), ...(tail === undefined ? [] : [...zeros, ...tail])];
  return groups.slice(0, 4).map(withoutZeros).join(':');
}

const withoutZeros = (group: string): string => Number.parseInt(group, 16).toString(16);
