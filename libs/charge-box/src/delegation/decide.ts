import type { CentralSystemOperation, CentralSystemResponse, IdTagInfo } from '@app/ocpp';
import { carriesTransactionData, ocppFault } from '@app/ocpp';
import type { ChargeBoxEvent } from '../events';
import type { Facts, MessageOrigin } from '../message';
import { operations } from '../operations';
import type { BuiltIn, Inbound } from '../outcome';
import type { ChargeBoxState } from '../state';
import type { DelegationMessage, DelegationOutcome } from './message';
import type { PendingRequest } from './state';

const refused = (reason: string, events: readonly ChargeBoxEvent[] = []): DelegationOutcome => ({
  outcome: 'refused',
  reason,
  events,
});

/** What becomes of a pending request. `facts` as `needsOf` its operation says; the built-in answer may need them. */
export function decideDelegation(message: DelegationMessage, box: ChargeBoxState, facts: Facts): DelegationOutcome {
  const pending = box.pending.find(({ msgId }) => msgId === message.msgId);
  if (pending === undefined) return settledAlready(message, box);
  switch (message.kind) {
    case 'answer-request':
      return answered(message, pending, box, facts);
    case 'claim-request':
      return claimed(message, pending);
    case 'release-request':
      return released(message, pending);
    case 'interrupt-request':
      return interrupted(message, pending, box, facts);
    case 'expire-request':
      return message.at < pending.respondBy
        ? { outcome: 'done', events: [] }
        : expired(message.at, pending, box, facts);
  }
}

function settledAlready({ kind, msgId, at, ...message }: DelegationMessage, box: ChargeBoxState): DelegationOutcome {
  const known = box.settled.find((settled) => settled.msgId === msgId);
  if (kind !== 'answer-request' && kind !== 'claim-request') return { outcome: 'done', events: [] };
  if (known === undefined) return refused('No such request is waiting for an answer.');
  const reason = `The request was ${known.as} already.`;
  if (kind === 'claim-request') return refused(reason);
  const responder = 'responder' in message && message.responder !== undefined ? { responder: message.responder } : {};
  const operation = known.operation as CentralSystemOperation;
  return refused(reason, [
    { type: 'LateAnswerRefused', data: { msgId, operation, ...responder, settledAs: known.as, at } },
  ]);
}

type Message<Kind extends DelegationMessage['kind']> = Extract<DelegationMessage, { kind: Kind }>;

/** The answer of a responder takes the place of the built-in verdicts; what is recorded follows from it as from them. */
function answered(
  { response, responder, at }: Message<'answer-request'>,
  pending: PendingRequest,
  box: ChargeBoxState,
  facts: Facts,
): DelegationOutcome {
  const { msgId, operation } = pending;
  const decision = decideWith(pending, box, instead(facts, operation, response));
  const from = responder === undefined ? {} : { responder };
  const delivered = pending.hungUp !== true;
  const known = knownAnswer(operation, decision);
  if (known !== undefined && JSON.stringify(known) !== JSON.stringify(response))
    return refused('The box has another answer already, for what it reported was recorded meanwhile.', [
      { type: 'RequestAnswered', data: { msgId, operation, response: known, delivered, at } },
      { type: 'LateAnswerRefused', data: { msgId, operation, ...from, settledAs: 'answered', at } },
    ]);
  return {
    outcome: 'done',
    events: [
      ...registration(pending, box, response, at),
      ...bootEvents(pending, response, decision.events),
      { type: 'RequestAnswered', data: { msgId, operation, response, ...from, delivered, at } },
    ],
    settles: { msgId, answer: { response } },
  };
}

/** What money depends on is answered once: as it was recorded, whatever somebody outside says later. */
function knownAnswer(operation: CentralSystemOperation, { repeated, answer }: BuiltIn) {
  return repeated && carriesTransactionData.has(operation) && 'response' in answer ? answer.response : undefined;
}

/** The facts, with what the response says in place of what the built-in rules found. */
function instead(facts: Facts, operation: CentralSystemOperation, response: CentralSystemResponse): Facts {
  const { idTagInfo, transactionId, heartbeatInterval } = response as {
    readonly idTagInfo?: IdTagInfo;
    readonly transactionId?: number;
    readonly heartbeatInterval?: number;
  };
  return {
    authorization: idTagInfo ?? facts.authorization,
    newTransactionId: transactionId ?? facts.newTransactionId,
    policy: heartbeatInterval === undefined ? facts.policy : { ...facts.policy, heartbeatInterval },
    dataTransfer:
      operation === 'DataTransfer' ? (response as CentralSystemResponse<'DataTransfer'>) : facts.dataTransfer,
  };
}

/** A responder that accepts the boot of a box that nobody registered accepts the box. */
function registration(
  { operation }: PendingRequest,
  box: ChargeBoxState,
  response: CentralSystemResponse,
  at: string,
): readonly ChargeBoxEvent[] {
  const isAccepted =
    operation === 'BootNotification' && (response as { readonly status?: string }).status === 'Accepted';
  if (!isAccepted || box.registration !== undefined) return [];
  return [{ type: 'RegistrationDecided', data: { registration: 'Accepted', by: 'responder', at } }];
}

/** The built-in rules accept every boot of a registered box; a responder need not. */
function bootEvents(
  { operation }: PendingRequest,
  response: CentralSystemResponse,
  events: readonly ChargeBoxEvent[],
): readonly ChargeBoxEvent[] {
  if (operation !== 'BootNotification') return events;
  const { status } = response as CentralSystemResponse<'BootNotification'>;
  const answeredAs = status === 'Accepted' ? 'Accepted' : 'Rejected';
  return events.map((event) =>
    event.type === 'ChargeBoxBooted' ? { ...event, data: { ...event.data, answered: answeredAs } } : event,
  );
}

function claimed(
  { msgId, responder, leaseUntil, at }: Message<'claim-request'>,
  pending: PendingRequest,
): DelegationOutcome {
  const { claim } = pending;
  if (claim !== undefined && claim.responder !== responder && claim.leaseUntil > at) {
    return refused(`Another responder has the request until ${claim.leaseUntil}.`);
  }
  return { outcome: 'done', events: [{ type: 'RequestClaimed', data: { msgId, responder, leaseUntil, at } }] };
}

function released(
  { msgId, responder, reason, at }: Message<'release-request'>,
  { claim }: PendingRequest,
): DelegationOutcome {
  if (claim?.responder !== responder) return { outcome: 'done', events: [] };
  return { outcome: 'done', events: [{ type: 'RequestReleased', data: { msgId, responder, reason, at } }] };
}

function interrupted(
  { reason, at }: Message<'interrupt-request'>,
  pending: PendingRequest,
  box: ChargeBoxState,
  facts: Facts,
): DelegationOutcome {
  const { msgId, operation } = pending;
  if (reason === 'hung-up' && pending.hungUp) return { outcome: 'done', events: [] };
  const event: ChargeBoxEvent = { type: 'RequestInterrupted', data: { msgId, operation, reason, at } };
  // What the box reported is kept; a start is left to its repetition, which somebody outside shall judge.
  const isReport = operation === 'StopTransaction' || operation === 'MeterValues';
  const kept = reason === 'restarted' && isReport ? decideWith(pending, box, facts).events : [];
  return { outcome: 'done', events: [...kept, event] };
}

function expired(at: string, pending: PendingRequest, box: ChargeBoxState, facts: Facts): DelegationOutcome {
  const { msgId, operation } = pending;
  const delivered = pending.hungUp !== true;
  if (carriesTransactionData.has(operation)) {
    const { answer, events } = decideWith(pending, box, facts);
    const response = 'response' in answer ? { response: answer.response } : {};
    const event: ChargeBoxEvent = { type: 'RequestExpired', data: { msgId, operation, ...response, delivered, at } };
    return { outcome: 'done', events: [...events, event], settles: { msgId, answer } };
  }
  const answer = ocppFault('InternalError', 'Nobody answered the request in time.');
  const event: ChargeBoxEvent = {
    type: 'RequestExpired',
    data: { msgId, operation, fault: answer.fault, delivered, at },
  };
  return { outcome: 'done', events: [event], settles: { msgId, answer } };
}

function decideWith({ operation, request, ...pending }: PendingRequest, box: ChargeBoxState, facts: Facts): BuiltIn {
  const { decide } = operations[operation] as unknown as Inbound;
  const { at, from, replyTo, remoteAddress, meterText } = pending;
  const origin: MessageOrigin = { at, from, replyTo, remoteAddress, meterText };
  return decide({ request, box, origin, facts });
}
