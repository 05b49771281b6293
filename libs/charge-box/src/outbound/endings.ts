import type { ChargeBoxEvent } from '../events';
import type { Requester } from './events';
import type { WaitingCall } from './state';

/** What the box did before it answered, or in place of an answer. */
export function shownBefore({ callId, shown }: WaitingCall, at: string): readonly ChargeBoxEvent[] {
  if (shown === undefined) return [];
  const { at: _at, ...evidence } = shown;
  return [{ type: 'OperationConfirmed', data: { callId, ...evidence, at } }];
}

/** An operation that waits is taken back. What left once and got no answer may have been done all the same. */
export function cancelled(
  call: WaitingCall,
  { at, ...why }: { readonly by: Requester; readonly reason?: string; readonly at: string },
): readonly ChargeBoxEvent[] {
  const outcome = call.leftAt === undefined ? {} : { outcome: 'unknown' as const };
  return [
    { type: 'OperationCancelled', data: { callId: call.callId, ...why, ...outcome, at } },
    ...shownBefore(call, at),
  ];
}
