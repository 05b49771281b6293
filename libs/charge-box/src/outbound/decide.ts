import type { ChargeBoxEvent } from '../events';
import type { OperatorDecision } from '../message';
import { afterListFailure, sendListChunk, wantList } from './local-list';
import { cancelled, shownBefore } from './endings';
import type { Deferral } from './events';
import type { CallOutcome, OutboundMessage } from './message';
import { evidenceFor, isRelevant, outboundOperation } from './operations';
import type { OutboundState, SentCall, WaitingCall } from './state';
import { outboundLimits } from './state';

/** What the ledger does about a message, or why it does not. The same again changes nothing. */
export function decideOutbound(message: OutboundMessage, box: OutboundState): OperatorDecision {
  switch (message.kind) {
    case 'schedule':
      return schedule(message, box);
    case 'cancel':
      return cancel(message, box);
    case 'send':
      return send(message, box);
    case 'defer':
      return defer(message, box);
    case 'settle':
      return settle(message, box);
    case 'expire':
      return expire(message, box);
    case 'expire-reservation':
      return expireReservation(message, box);
    case 'want-local-list':
      return wantList(message, box);
    case 'send-list-chunk':
      return sendListChunk(message, box);
    case 'note-silence':
      return noteSilence(message, box);
  }
}

/** The operation that is to be sent now, if any: the oldest that may be sent, unless the box is being asked already. */
export function nextCall(box: OutboundState, at: string): WaitingCall | undefined {
  if (box.sent !== undefined) return undefined;
  return box.waiting.find(({ notBefore, expiresAt }) => (notBefore === undefined || notBefore <= at) && expiresAt > at);
}

type Message<Kind extends OutboundMessage['kind']> = Extract<OutboundMessage, { kind: Kind }>;

const refused = (reason: string): OperatorDecision => ({ outcome: 'refused', reason });
const done = (...events: readonly ChargeBoxEvent[]): OperatorDecision => ({ outcome: 'done', events });

function schedule({ call }: Message<'schedule'>, box: OutboundState): OperatorDecision {
  const isKnown = [...box.waiting, ...(box.sent ? [box.sent] : [])].some(({ callId }) => callId === call.callId);
  const isRepeated = call.idempotencyKey !== undefined && keptCall(box, call.idempotencyKey) !== undefined;
  if (isKnown || isRepeated) return done();
  if (box.waiting.length >= outboundLimits.waiting) {
    return refused(`${outboundLimits.waiting} operations wait for this charge box already. Cancel some, or wait.`);
  }
  return done({ type: 'OperationScheduled', data: call });
}

/** The operation that was scheduled under a key of the caller. */
export function keptCall({ keys }: OutboundState, idempotencyKey: string): string | undefined {
  return keys.findLast((kept) => kept.idempotencyKey === idempotencyKey)?.callId;
}

function cancel({ callId, by, reason, at }: Message<'cancel'>, box: OutboundState): OperatorDecision {
  if (box.sent?.callId === callId) return refused('The operation was sent already; what it does cannot be taken back.');
  const call = box.waiting.find((waiting) => waiting.callId === callId);
  if (call === undefined) return refused('The operation is over already.');
  return done(...cancelled(call, { by, ...(reason === undefined ? {} : { reason }), at }));
}

function send({ callId, url, messageId, respondBy, at }: Message<'send'>, box: OutboundState): OperatorDecision {
  const next = nextCall(box, at);
  if (next?.callId !== callId) return refused('The operation is not the next to be sent.');
  return done({ type: 'OperationSent', data: { callId, attempt: next.attempts + 1, url, messageId, respondBy, at } });
}

function defer({ callId, reason, detail, url, at }: Message<'defer'>, box: OutboundState): OperatorDecision {
  const next = nextCall(box, at);
  if (next?.callId !== callId) return refused('The operation is not the next to be sent.');
  const known = next.deferred;
  // A box that calls every minute from where it cannot be called would fill the log with one sentence.
  if (known?.reason === reason && known.detail === detail && known.retryAt > at) return done();
  const place = url === undefined ? {} : { url };
  // Nothing was sent, so no attempt is counted; the pause grows all the same.
  const before = known?.reason === reason ? Date.parse(known.retryAt) - Date.parse(known.at) : 0;
  const wait = Math.min(lastRetry, Math.max(pauseAfter(next.attempts + 1), 2 * before));
  return done({
    type: 'OperationDeferred',
    data: { callId, reason, detail, ...place, retryAt: later(at, wait), at },
  });
}

/** Attempts at an operation that may be repeated; then its outcome is left open. */
const mostAttempts = 3;

function settle({ callId, outcome, at }: Message<'settle'>, box: OutboundState): OperatorDecision {
  const call = box.sent;
  // What comes when the matter is closed changes nothing any more: expiry has spoken.
  if (call?.callId !== callId) return done();
  switch (outcome.kind) {
    case 'answered':
      return done(...afterAnswer(call, outcome, box, at));
    case 'failed': {
      const { kind: _kind, ...failure } = outcome;
      return done(
        { type: 'OperationFaulted', data: { callId, ...failure, at } },
        ...afterListFailure(call.by, box, failure.detail, at),
      );
    }
    case 'not-sent':
      if (call.expiresAt <= at) return done(...expiredUnsent(call, outcome, box, at));
      return done({
        type: 'OperationDeferred',
        data: {
          callId,
          reason: outcome.reason,
          detail: outcome.detail,
          url: call.url,
          retryAt: retryAfter(call.attempts, at),
          at,
        },
      });
    case 'no-answer':
      return done(...withoutAnswer(call, outcome.detail, box, at));
  }
}

function afterAnswer(
  call: SentCall,
  { response }: Extract<CallOutcome, { kind: 'answered' }>,
  box: OutboundState,
  at: string,
): readonly ChargeBoxEvent[] {
  const { callId, operation, request } = call;
  const { after, promises } = outboundOperation(operation);
  const consequences = after?.({ request, response: response, box, callId, at }) ?? [];
  return [
    { type: 'OperationAnswered', data: { callId, response, at } },
    ...consequences,
    ...(promises?.(response) ? shownBefore(call, at) : []),
    ...confirmations(box, consequences, at),
  ];
}

function withoutAnswer(call: SentCall, detail: string, box: OutboundState, at: string): readonly ChargeBoxEvent[] {
  const { callId, operation, request, attempts, url, shown } = call;
  const isDone = shown !== undefined && !shown.interim;
  const mayRepeat = !isDone && outboundOperation(operation).repeatable(request) && attempts < mostAttempts;
  if (mayRepeat && call.expiresAt > at) {
    const retryAt = retryAfter(attempts, at);
    return [{ type: 'OperationDeferred', data: { callId, reason: 'no-answer', detail, url, retryAt, at } }];
  }
  return [
    { type: 'OperationExpired', data: { callId, outcome: 'unknown', detail, at } },
    ...shownBefore(call, at),
    ...afterListFailure(call.by, box, detail, at),
  ];
}

function expire({ callId, at }: Message<'expire'>, box: OutboundState): OperatorDecision {
  if (box.sent?.callId === callId && box.sent.respondBy <= at) {
    return done(...withoutAnswer(box.sent, 'No answer came before respondBy.', box, at));
  }
  const waiting = box.waiting.find((call) => call.callId === callId);
  if (waiting === undefined || waiting.expiresAt > at) return done();
  return done(...expiredUnsent(waiting, waiting.deferred ?? { detail: neverTried(waiting, box) }, box, at));
}

/** The end of an operation whose last attempt never left. An earlier one may have: then the box may have done it. */
function expiredUnsent(
  call: WaitingCall,
  why: { readonly reason?: Deferral; readonly detail: string },
  box: OutboundState,
  at: string,
): readonly ChargeBoxEvent[] {
  const { callId, leftAt, by } = call;
  const isPlain = leftAt === undefined || why.reason === 'no-answer';
  const detail = isPlain
    ? why.detail
    : `No answer came to what was sent at ${leftAt}; later it could not be sent: ${why.detail}`;
  return [
    { type: 'OperationExpired', data: { callId, outcome: leftAt === undefined ? 'not-sent' : 'unknown', detail, at } },
    ...shownBefore(call, at),
    ...afterListFailure(by, box, detail, at),
  ];
}

/** Operations go in order, so one that was never tried may have waited for another. */
function neverTried({ callId }: WaitingCall, box: OutboundState): string {
  const [first] = box.waiting;
  if (first === undefined || first.callId === callId || first.deferred === undefined) return 'It was never tried.';
  return `It waited behind ${first.operation} (${first.callId}), which could not be sent: ${first.deferred.detail}`;
}

function expireReservation({ reservationId, at }: Message<'expire-reservation'>, box: OutboundState): OperatorDecision {
  const reservation = box.reservations.find((other) => other.reservationId === reservationId);
  if (reservation === undefined || Date.parse(reservation.expiryDate) > Date.parse(at)) return done();
  return done({ type: 'ReservationEnded', data: { reservationId, reason: 'expired', at } });
}

function noteSilence({ lastSeenAt, at }: Message<'note-silence'>, box: OutboundState): OperatorDecision {
  return box.silentSince === undefined ? done({ type: 'ChargeBoxSilent', data: { lastSeenAt, at } }) : done();
}

const firstRetry = 30_000;
const lastRetry = 3_600_000;

/** When to try again if the box does not show itself before: half a minute, twice as long each time, at most an hour. */
function retryAfter(attempts: number, at: string): string {
  return later(at, pauseAfter(attempts));
}

function pauseAfter(attempts: number): number {
  return Math.min(lastRetry, firstRetry * 2 ** Math.max(0, attempts - 1));
}

function later(at: string, wait: number): string {
  return new Date(Date.parse(at) + wait).toISOString();
}

/** What follows from events of the box for operations that were sent to it, and for its reservations. */
export function consequences(
  box: OutboundState,
  events: readonly ChargeBoxEvent[],
  at: string,
): readonly ChargeBoxEvent[] {
  if (box.awaited.length === 0 && box.reservations.length === 0) return [];
  return [...confirmations(box, events, at), ...endedReservations(box, events, at)];
}

/** What events of the box show about operations whose effect is awaited. An event speaks for the newest operation that it fits. */
function confirmations(box: OutboundState, events: readonly ChargeBoxEvent[], at: string): readonly ChargeBoxEvent[] {
  const confirmed: ChargeBoxEvent[] = [];
  const open = [...box.awaited];
  for (const event of events) {
    const place = open.findLastIndex((call) => isRelevant(call.sentAt, at) && evidenceFor(call, event) !== undefined);
    const call = open[place];
    const evidence = call && evidenceFor(call, event);
    if (call === undefined || evidence === undefined) continue;
    if (!evidence.interim) open.splice(place, 1);
    confirmed.push({
      type: 'OperationConfirmed',
      data: { callId: call.callId, evidence: event.type, ...evidence, at },
    });
  }
  return confirmed;
}

/** Reservations that end because their connector, or the whole box, can serve nobody (OCPP 1.5, 3.5). */
function endedReservations(
  { reservations }: OutboundState,
  events: readonly ChargeBoxEvent[],
  at: string,
): readonly ChargeBoxEvent[] {
  return events.flatMap((event) => {
    if (event.type !== 'ConnectorStatusReported') return [];
    const { status, connectorId } = event.data;
    if (status !== 'Faulted' && status !== 'Unavailable') return [];
    const hit = reservations.filter((other) => connectorId === 0 || other.connectorId === connectorId);
    return hit.map(({ reservationId }): ChargeBoxEvent => ({
      type: 'ReservationEnded',
      data: { reservationId, reason: 'connector-unavailable', at },
    }));
  });
}
