import { Semaphore } from '@app/kernel';
import { lookup as systemResolver } from 'node:dns/promises';
import type { AddressContext, Target } from './address-policy';
import { judgeAddress, shown, targetOf } from './address-policy';
import { ipOf, isSame } from './ip';
import type { NotSent } from './outcome';

/** All addresses of a name. Rejects when there are none. */
export type Lookup = (name: string) => Promise<readonly string[]>;

/** The one address that a URL leads to, to be called and no other. */
export interface Resolved {
  readonly kind: 'resolved';
  readonly address: string;
}

/** Names whose last lookup is remembered. */
const remembered = 10_000;

/**
 * So many lookups at a time, and one for all who ask for the same name meanwhile. A lookup that nobody answers takes long and cannot be called
 * off: so one place is for names alone that were found the last time. Of those that were not found one at a time asks for a place, so that a
 * new name waits for few of them, however many there are.
 */
export function fewAtATime(lookup: Lookup, most: number): Lookup {
  const places = new Semaphore(most);
  const placesOfOthers = new Semaphore(Math.max(1, most - 1));
  const notFound = new Semaphore(1);
  const found = new Map<string, boolean>();
  const underWay = new Map<string, ReturnType<Lookup>>();
  const doorsFor = (name: string): readonly Semaphore[] => {
    if (found.get(name) === true) return [places];
    return found.has(name) ? [notFound, placesOfOthers, places] : [placesOfOthers, places];
  };
  const remember = (name: string, isFound: boolean) => {
    found.delete(name);
    found.set(name, isFound);
    const [oldest] = found.keys();
    if (found.size > remembered && oldest !== undefined) found.delete(oldest);
  };
  const inTurn: Lookup = async (name) => {
    const leave: (() => void)[] = [];
    for (const door of doorsFor(name)) leave.unshift(await door.enter());
    let isFound = false;
    try {
      const addresses = await lookup(name);
      isFound = addresses.length > 0;
      return addresses;
    } finally {
      remember(name, isFound);
      underWay.delete(name);
      for (const each of leave) each();
    }
  };
  return (name) => {
    const known = underWay.get(name) ?? inTurn(name);
    underWay.set(name, known);
    return known;
  };
}

// Node resolves names with the four threads that also unpack what charge boxes send: slow names must not take all of them.
const lookupsAtATime = 2;

/** The names of this machine: its hosts file, then DNS. */
export const systemLookup: Lookup = fewAtATime(
  async (name) => (await systemResolver(name, { all: true, verbatim: true })).map(({ address }) => address),
  lookupsAtATime,
);

const longestLookup = 10_000;

/**
 * Resolves and judges a URL. One forbidden address refuses the name: a name that is both good and bad is a trap,
 * and which of the two the next lookup gives is up to whoever set it.
 */
export async function resolveAllowed(
  url: string,
  context: AddressContext,
  lookup: Lookup = systemLookup,
  within: number = longestLookup,
): Promise<Resolved | NotSent> {
  const target = targetOf(url, context.wording);
  if ('allowed' in target) return refused(target.reason);
  if (target.isAddress) return chosen([target.host], target, context);
  const addresses = await addressesOf(target.host, lookup, within);
  if (typeof addresses === 'string') return { kind: 'not-sent', reason: 'name-unresolved', detail: addresses };
  return chosen(addresses, target, context);
}

const refused = (detail: string): NotSent => ({ kind: 'not-sent', reason: 'address-refused', detail });

function chosen(addresses: readonly string[], target: Target, context: AddressContext): Resolved | NotSent {
  for (const address of addresses) {
    const judgement = judgeAddress(address, target.port, context);
    if (!judgement.allowed)
      return refused(target.isAddress ? judgement.reason : `${shown(target.host)} leads there: ${judgement.reason}`);
  }
  const address = addresses.find((one) => isPeer(one, context.peer)) ?? addresses[0];
  return address === undefined ? refused('There is no address to call.') : { kind: 'resolved', address };
}

function isPeer(address: string, peer: string | undefined): boolean {
  const [one, other] = [ipOf(address), peer === undefined ? undefined : ipOf(peer)];
  return one !== undefined && other !== undefined && isSame(one, other);
}

/** The addresses of a name, or why there are none. */
async function addressesOf(name: string, lookup: Lookup, within: number): Promise<readonly string[] | string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`The name ${shown(name)} was not resolved within ${within} ms.`), within);
  });
  try {
    const found = await Promise.race([lookup(name), late]);
    return found.length === 0 ? unresolved(name, 'no addresses') : found;
  } catch (error) {
    return unresolved(name, (error as NodeJS.ErrnoException | undefined)?.code ?? 'failed');
  } finally {
    clearTimeout(timer);
  }
}

const unresolved = (name: string, why: string): string =>
  `The name ${shown(name)} has no address that this machine can find (${why}); check its DNS, or set an IP address by hand.`;
