import type { ChargeBoxEvent, ChargeBoxEventOf } from '../events';
import { appended } from '../state';
import type { OutboundEvent } from './events';
import type { WantedList } from './local-list';
import { listSaga, restarted } from './local-list';
import { evidenceFor, isRelevant, outboundOperation } from './operations';
import type { AwaitedCall, OutboundState, SentCall, WaitingCall } from './state';
import { outboundLimits as limits } from './state';

type Data<Type extends ChargeBoxEvent['type']> = ChargeBoxEventOf<Type>['data'];

/** The ledger after an event. Never touches the one before. */
export function evolveOutbound<State extends OutboundState>(state: State, event: OutboundEvent): State {
  switch (event.type) {
    case 'OperationScheduled':
      return scheduled(state, event.data);
    case 'OperationSent':
      return sent(state, event.data);
    case 'OperationDeferred':
      return deferred(state, event.data);
    case 'OperationAnswered':
      return settled(state, event.data.callId, (call) => awaitedAfter(call, event.data.response));
    case 'OperationFaulted':
      return settled(listFailed(state, event.data.callId), event.data.callId, () => undefined);
    case 'OperationExpired':
      return settled(listFailed(state, event.data.callId), event.data.callId, (call) =>
        event.data.outcome === 'unknown' ? awaiting(call, 'unknown') : undefined,
      );
    case 'OperationCancelled':
      return settled(state, event.data.callId, (call) =>
        event.data.outcome === 'unknown' ? awaiting(call, 'unknown') : undefined,
      );
    case 'OperationConfirmed':
      return confirmed(state, event.data);
    case 'ReservationMade':
      return reserved(state, event.data);
    case 'ReservationEnded':
      return released(state, event.data.reservationId);
    case 'ChargeBoxSilent':
      return { ...state, silentSince: event.data.lastSeenAt };
    case 'ChargeBoxBack':
      return { ...state, silentSince: undefined };
    case 'ConfigurationRead':
    case 'ConfigurationChangeAnswered':
    case 'AvailabilityChangeAnswered':
      return state;
    case 'LocalListWanted': {
      const { at: _at, ...list } = event.data;
      return { ...state, wantedList: { ...list, next: 0, failures: 0 } };
    }
    case 'LocalListAnswered':
      return listAnswered(state, event.data);
    case 'LocalListVersionRead':
      return listVersionRead(state, event.data);
    case 'LocalListConfirmed':
      return withList(state, (list) => ({ ...list, confirmed: event.data.listVersion }));
    case 'LocalListGivenUp':
      return withList(state, (list) => ({ ...list, givenUp: event.data.reason }));
  }
}

/** Remembers what an event shows about the operation that the box is being asked, or was asked in vain. */
export function withEvidence<State extends OutboundState>(state: State, event: ChargeBoxEvent): State {
  const { at } = event.data;
  const asked = state.sent ?? state.waiting.findLast(({ leftAt }) => leftAt !== undefined && isRelevant(leftAt, at));
  const evidence = asked && evidenceFor(asked, event);
  return evidence === undefined ? state : withShown(state, asked, { ...evidence, evidence: event.type, at });
}

function withShown<State extends OutboundState>(
  state: State,
  call: WaitingCall | undefined,
  shown: WaitingCall['shown'],
): State {
  if (state.sent !== undefined && state.sent === call) return { ...state, sent: { ...state.sent, shown } };
  return { ...state, waiting: state.waiting.map((waiting) => (waiting === call ? { ...waiting, shown } : waiting)) };
}

/** A reservation that is over, however it ended. */
export function released<State extends OutboundState>(state: State, reservationId: number): State {
  return { ...state, reservations: state.reservations.filter((other) => other.reservationId !== reservationId) };
}

const without = <Call extends { readonly callId: string }>(calls: readonly Call[], callId: string): readonly Call[] =>
  calls.filter((call) => call.callId !== callId);

/** An event speaks for one operation: what confirms an older one says nothing of the one that is being asked. */
function confirmed<State extends OutboundState>(
  state: State,
  { callId, evidence, interim, at }: Data<'OperationConfirmed'>,
): State {
  const isSpoken = ({ shown }: WaitingCall) => shown?.evidence === evidence && shown.at === at;
  const spoken = [...(state.sent ? [state.sent] : []), ...state.waiting].find(isSpoken);
  const next = spoken === undefined ? state : withShown(state, spoken, undefined);
  return interim ? next : { ...next, awaited: without(next.awaited, callId) };
}

function scheduled<State extends OutboundState>(state: State, call: Data<'OperationScheduled'>): State {
  const { idempotencyKey, callId } = call;
  const keys =
    idempotencyKey === undefined ? state.keys : appended(state.keys, { idempotencyKey, callId }, limits.keys);
  return { ...state, keys, waiting: [...state.waiting, { ...call, attempts: 0 }] };
}

function sent<State extends OutboundState>(
  state: State,
  { callId, attempt, url, messageId, respondBy, at }: Data<'OperationSent'>,
): State {
  const call = state.waiting.find((waiting) => waiting.callId === callId);
  if (call === undefined) return state;
  const next: SentCall = { ...call, attempts: attempt, url, messageId, respondBy, sentAt: at };
  return { ...state, waiting: without(state.waiting, callId), sent: next };
}

/** What was deferred keeps its place: operations go in order. */
function deferred<State extends OutboundState>(state: State, { callId, ...why }: Data<'OperationDeferred'>): State {
  const because = { deferred: why };
  if (state.sent?.callId !== callId) {
    return {
      ...state,
      waiting: state.waiting.map((call) => (call.callId === callId ? { ...call, ...because } : call)),
    };
  }
  const { sentAt, url: _url, messageId: _messageId, respondBy: _respondBy, shown, ...call } = state.sent;
  const leftAt = why.reason === 'no-answer' ? sentAt : call.leftAt;
  const left = leftAt === undefined ? {} : { leftAt, ...(shown === undefined ? {} : { shown }) };
  return { ...state, sent: undefined, waiting: [{ ...call, ...because, ...left }, ...state.waiting] };
}

function settled<State extends OutboundState>(
  state: State,
  callId: string,
  awaitedOf: (call: AskedCall) => AwaitedCall | undefined,
): State {
  const isSent = state.sent?.callId === callId;
  const call = isSent ? state.sent : asked(state.waiting.find((waiting) => waiting.callId === callId));
  const awaited = call && awaitedOf(call);
  return {
    ...state,
    waiting: without(state.waiting, callId),
    sent: isSent ? undefined : state.sent,
    awaited: awaited === undefined ? state.awaited : appended(state.awaited, awaited, limits.awaited),
  };
}

type AskedCall = Omit<AwaitedCall, 'outcome'>;

/** A call that waits, as it was when it left. */
function asked(call: WaitingCall | undefined): AskedCall | undefined {
  return call?.leftAt === undefined ? undefined : { ...call, sentAt: call.leftAt };
}

function awaitedAfter(call: AskedCall, response: object): AwaitedCall | undefined {
  const { promises, evidence } = outboundOperation(call.operation);
  const isAwaited = evidence !== undefined && promises?.(response) === true;
  return isAwaited ? awaiting(call, 'accepted') : undefined;
}

function awaiting({ callId, operation, request, sentAt }: AskedCall, outcome: AwaitedCall['outcome']): AwaitedCall {
  return { callId, operation, request, sentAt, outcome };
}

function withList<State extends OutboundState>(state: State, change: (list: WantedList) => WantedList): State {
  return state.wantedList === undefined ? state : { ...state, wantedList: change(state.wantedList) };
}

function listAnswered<State extends OutboundState>(
  state: State,
  { listVersion, status, entries }: Data<'LocalListAnswered'>,
): State {
  const known = status === 'Accepted' ? { ...state, localListVersion: listVersion } : state;
  return withList(known, (list) => {
    if (list.version !== listVersion) return list;
    if (status !== 'Accepted') return { ...restarted(list), failures: list.failures + 1 };
    return { ...list, next: list.next + entries, version: listVersion + 1 };
  });
}

/** A box that has another list than the one it confirmed gets the whole again. */
function listVersionRead<State extends OutboundState>(
  state: State,
  { listVersion }: Data<'LocalListVersionRead'>,
): State {
  return withList({ ...state, localListVersion: listVersion }, (list) =>
    list.confirmed === undefined || list.confirmed === listVersion ? list : restarted(list, listVersion),
  );
}

function listFailed<State extends OutboundState>(state: State, callId: string): State {
  const call = [...state.waiting, ...(state.sent ? [state.sent] : [])].find((each) => each.callId === callId);
  if (call?.by !== listSaga) return state;
  return withList(state, (list) => ({ ...restarted(list), failures: list.failures + 1 }));
}

function reserved<State extends OutboundState>(state: State, made: Data<'ReservationMade'>): State {
  const { reservationId, connectorId, idTag, expiryDate } = made;
  const { reservations } = released(state, reservationId);
  const reservation = { reservationId, connectorId, idTag, expiryDate };
  return { ...state, reservations: appended(reservations, reservation, limits.reservations) };
}
