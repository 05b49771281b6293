import type { ChargeBoxState, PeerAddress } from '@app/charge-box';
import { nextCall, whereabouts } from '@app/charge-box';

const contactRest = 10_000;

/**
 * Milliseconds until what waits for a box can be sent, now that it can be reached; `undefined` when nothing waits. At an address that has
 * just failed it is tried again a little later, not in the same breath again and again.
 */
export function restBeforeCall(state: ChargeBoxState, peer: PeerAddress | undefined, at: string): number | undefined {
  const next = nextCall(state, at);
  if (next === undefined) return undefined;
  const { deferred } = next;
  const isElsewhere = deferred === undefined || deferred.url !== whereabouts(state, peer)?.url;
  return isElsewhere ? 0 : Math.max(0, Date.parse(deferred.at) + contactRest - Date.parse(at));
}
