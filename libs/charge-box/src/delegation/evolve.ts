import { digest } from '../digest';
import { appended } from '../state';
import type { DelegatedRequest, DelegationEvent } from './events';
import type { DelegationState, PendingRequest } from './state';
import { delegationLimits as limits } from './state';

/** The pending requests after an event. Never touches those before. */
export function evolveDelegation<State extends DelegationState>(state: State, event: DelegationEvent): State {
  switch (event.type) {
    case 'RequestDelegated':
      return {
        ...state,
        pending: appended(state.pending, { ...event.data, key: requestKey(event.data) }, limits.pending),
      };
    case 'RequestRepeated': {
      const { msgId, heldBy } = event.data;
      return changed(state, msgId, { hungUp: undefined, ...(heldBy === undefined ? {} : { heldBy }) });
    }
    case 'RequestClaimed': {
      const { msgId, responder, leaseUntil } = event.data;
      return changed(state, msgId, { claim: { responder, leaseUntil } });
    }
    case 'RequestReleased':
      return changed(state, event.data.msgId, { claim: undefined });
    case 'RequestInterrupted':
      return event.data.reason === 'hung-up'
        ? changed(state, event.data.msgId, { hungUp: true })
        : settled(state, event, 'interrupted');
    case 'RequestAnswered':
      return settled(state, event, 'answered');
    case 'RequestExpired':
      return settled(state, event, 'expired');
    case 'LateAnswerRefused':
      return state;
  }
}

/** What makes two requests of a box the same one: operation and content, as far as it can be read or not. */
export function requestKey({
  operation,
  request,
  meterText,
}: Pick<DelegatedRequest, 'operation' | 'request' | 'meterText'>): string {
  return digest(JSON.stringify([operation, request, ...(meterText === undefined ? [] : [meterText])]));
}

function changed<State extends DelegationState>(state: State, msgId: string, change: Partial<PendingRequest>): State {
  return {
    ...state,
    pending: state.pending.map((request) => (request.msgId === msgId ? { ...request, ...change } : request)),
  };
}

function settled<State extends DelegationState>(
  state: State,
  { data: { msgId, operation } }: { readonly data: { readonly msgId: string; readonly operation: string } },
  as: string,
): State {
  return {
    ...state,
    pending: state.pending.filter((request) => request.msgId !== msgId),
    settled: appended(state.settled, { msgId, operation, as }, limits.settled),
  };
}
