import type {
  ChargeBoxEvent,
  ChargeBoxEventOf,
  ChargeBoxState,
  DelegationMessage,
  Facts,
  Policy,
} from '@app/charge-box';
import { decideDelegation } from '@app/charge-box';
import type { IdTagInfo } from '@app/ocpp';
import { factsWith, impliedRequest } from './requests';

// Requests that somebody outside was asked about: what he said is in the history, so the rules can be asked again with it.

type Asked = ChargeBoxEventOf<'RequestDelegated'> | ChargeBoxEventOf<'RequestRepeated'>;
export type Settlement =
  ChargeBoxEventOf<'RequestAnswered'> | ChargeBoxEventOf<'RequestExpired'> | ChargeBoxEventOf<'RequestInterrupted'>;

export const isAsked = (event: ChargeBoxEvent): event is Asked =>
  event.type === 'RequestDelegated' || event.type === 'RequestRepeated';

/** The last event of what became of a request. */
export const isSettlement = (event: ChargeBoxEvent): event is Settlement =>
  event.type === 'RequestAnswered' || event.type === 'RequestExpired' || event.type === 'RequestInterrupted';

/** The request that waits, or shall wait; `undefined` where the history does not tell of it. */
export function askedFor(event: Asked, before: ChargeBoxState) {
  if (event.type === 'RequestDelegated') return event.data;
  const { msgId, heldBy, at } = event.data;
  const pending = before.pending.find((each) => each.msgId === msgId);
  if (pending === undefined) return undefined;
  const { operation, request, respondBy } = pending;
  return { operation, request, msgId, respondBy, heldBy: heldBy ?? pending.heldBy, at };
}

/** What the rules make of a settlement, or why they refuse it; `undefined` where the request is not in the history. */
export function settledToday(
  settlement: Settlement,
  before: ChargeBoxState,
  { events, policy }: { readonly events: readonly ChargeBoxEvent[]; readonly policy: Policy },
): { readonly events: readonly ChargeBoxEvent[] } | { readonly refused: string } | undefined {
  const { msgId } = settlement.data;
  if (!before.pending.some((pending) => pending.msgId === msgId)) return undefined;
  const decided = decideDelegation(messageOf(settlement), before, factsOf(settlement, events, policy));
  return decided.outcome === 'refused' ? { refused: decided.reason } : { events: decided.events };
}

function messageOf({ type, data }: Settlement): DelegationMessage {
  const { msgId, at } = data;
  if (type === 'RequestExpired') return { kind: 'expire-request', msgId, at };
  if (type === 'RequestInterrupted') return { kind: 'interrupt-request', msgId, at, reason: data.reason };
  const { response, responder } = data;
  return { kind: 'answer-request', msgId, at, response, ...(responder === undefined ? {} : { responder }) };
}

/** What the built-in rules were told then, as far as what was recorded with the settlement shows. */
function factsOf(settlement: Settlement, events: readonly ChargeBoxEvent[], policy: Policy): Facts {
  for (const event of events) {
    const implied = impliedRequest(event, policy);
    if (implied !== undefined) return implied.facts;
  }
  const { idTagInfo, transactionId } = ('response' in settlement.data ? settlement.data.response : {}) as {
    readonly idTagInfo?: IdTagInfo;
    readonly transactionId?: number;
  };
  return factsWith({
    policy,
    ...(idTagInfo === undefined ? {} : { authorization: idTagInfo }),
    ...(transactionId === undefined ? {} : { newTransactionId: transactionId }),
  });
}

/** A box that hung up may come back: that is not yet what became of its request. */
export const isFinal = ({ type, data }: Settlement): boolean =>
  type !== 'RequestInterrupted' || data.reason !== 'hung-up';
