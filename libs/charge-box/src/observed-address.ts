import { isAddress } from '@app/ocpp';
import type { ChargeBoxEvent } from './events';
import type { MessageOrigin } from './message';
import type { ChargeBoxState, ObservedAddress } from './state';

// Two boxes with one identity show themselves by turns; a box that moved does not come back so soon.
const turn = 600_000;

/** An event when the box shows itself elsewhere than before. What a message leaves out, or says in words that are no address, says nothing. */
export function addressObserved(
  box: ChargeBoxState,
  { from, replyTo, remoteAddress, at }: MessageOrigin,
): readonly ChargeBoxEvent[] {
  const known = box.address ?? nowhere;
  const seen = {
    from: betterOf(known.from, from),
    replyTo: betterOf(known.replyTo, replyTo),
    remoteAddress: remoteAddress ?? known.remoteAddress,
  };
  if (isSame(seen, known)) return [];
  const alternating = isBack(seen, box.formerAddress, at) ? { alternating: true as const } : {};
  return [{ type: 'AddressObserved', data: { ...withoutAbsent(seen), ...alternating, at } }];
}

function isBack(seen: Address, former: ObservedAddress | undefined, at: string): boolean {
  return former !== undefined && isSame(seen, former) && Date.parse(at) - Date.parse(former.at) < turn;
}

/** What was said, unless it is nothing, or no address where one is known. */
function betterOf(known: string | undefined, said: string | undefined): string | undefined {
  if (said === undefined || said === known) return known;
  return isAddress(known) && !isAddress(said) ? known : said;
}

type Address = Omit<ObservedAddress, 'at'>;
const nowhere: Address = {};

function isSame(one: Address, other: Address): boolean {
  return one.from === other.from && one.replyTo === other.replyTo && one.remoteAddress === other.remoteAddress;
}

export function withoutAbsent(address: Address): Address {
  return Object.fromEntries(Object.entries(address).filter(([, text]) => text !== undefined));
}
