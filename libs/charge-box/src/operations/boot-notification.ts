import type { CentralSystemResponse } from '@app/ocpp';
import { bootKey } from '../natural-keys';
import type { BuiltIn, Case } from '../outcome';
import { answer, inbound, repeat } from '../outcome';
import type { ChargeBoxState } from '../state';

/** An accepted box learns the time and how often to call. Transactions go on: boxes boot in the middle of them. */
export const bootNotification = inbound<'BootNotification'>()({
  needs: [],
  decide: ({ request: boot, origin: { at }, facts: { policy } }) => {
    const { heartbeatInterval } = policy;
    return answer(
      { status: 'Accepted', currentTime: at, heartbeatInterval },
      { type: 'ChargeBoxBooted', data: { boot, answered: 'Accepted', heartbeatInterval, at } },
    );
  },
});

// A refused box boots again and again; once in ten minutes is enough to know that it is still there.
const refusalRemembered = 600_000;

/** A box that nobody accepted is told so, and becomes a candidate. Time and interval are sent all the same (OCPP 1.5, 6.4). */
export function refuseBoot({
  request: boot,
  box,
  origin: { at },
  facts,
}: Case<'BootNotification', never>): BuiltIn<'BootNotification'> {
  const { heartbeatInterval } = facts.policy;
  const response: CentralSystemResponse<'BootNotification'> = {
    status: 'Rejected',
    currentTime: at,
    heartbeatInterval,
  };
  const known = box.refusedBoot;
  const isFresh = known !== undefined && Date.parse(at) - Date.parse(known.at) < refusalRemembered;
  if (isFresh && (known.key === bootKey(boot) || wasRefusedLately(box, at))) return repeat(response);
  return answer(response, { type: 'ChargeBoxBooted', data: { boot, answered: 'Rejected', heartbeatInterval, at } });
}

// Anybody can boot under any name: whoever does so all the time must not fill the log.
const rest = 10_000;

/** Whether the box was refused so short a time ago that its next boot is refused the same way. */
export function wasRefusedLately({ refusedBoot }: ChargeBoxState, at: string): boolean {
  return refusedBoot !== undefined && Math.abs(Date.parse(at) - Date.parse(refusedBoot.at)) < rest;
}
