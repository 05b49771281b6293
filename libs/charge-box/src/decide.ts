import type { CentralSystemOperation } from '@app/ocpp';
import { ocppFault } from '@app/ocpp';
import { requestKey } from './delegation/evolve';
import type { PendingRequest } from './delegation/state';
import { delegationLimits } from './delegation/state';
import type { ChargeBoxEvent } from './events';
import type { Decision, Delegation, FactName, Facts, Holder, InboundMessage, MessageOrigin } from './message';
import { operations } from './operations';
import { refuseBoot, wasRefusedLately } from './operations/boot-notification';
import { addressObserved, withoutAbsent } from './observed-address';
import type { Case, Inbound } from './outcome';
import { consequences } from './outbound/decide';
import type { ChargeBoxState } from './state';

/** The facts that the decision about an operation needs, besides the policy. */
export function needsOf(operation: CentralSystemOperation): readonly FactName[] {
  return operations[operation].needs;
}

/**
 * What a request of a charge box is answered, and what is recorded. Pure and total. `facts` must hold what `needsOf` names.
 */
export function decide<Name extends CentralSystemOperation>(
  message: InboundMessage<Name>,
  box: ChargeBoxState,
  facts: Facts,
  delegation?: Delegation | Holder,
): Decision<Name> {
  const { operation, request, origin } = message;
  const registers = box.registration === undefined && facts.policy.registration === 'open';
  if (box.registration !== 'Accepted' && !registers) return refuse(message, box, facts, delegation);

  const { decide: decideOperation } = operations[operation] as unknown as Inbound<Name>;
  const builtIn = decideOperation({ request, box, origin, facts });
  const decision =
    delegated(message, builtIn, registers ? { ...box, registration: 'Accepted' } : box, delegation) ?? builtIn;
  const before = [
    ...(registers ? [openRegistration(origin)] : []),
    ...addressObserved(box, origin),
    ...back(box, origin),
  ];
  const after = consequences(box, decision.events, origin.at);
  if (before.length === 0 && after.length === 0) return decision;
  return { ...decision, events: [...before, ...decision.events, ...after] };
}

function back({ silentSince }: ChargeBoxState, { at }: MessageOrigin): readonly ChargeBoxEvent[] {
  return silentSince === undefined ? [] : [{ type: 'ChargeBoxBack', data: { silentSince, at } }];
}

/** The request waits for somebody outside; what was answered before is answered again without asking. */
function delegated<Name extends CentralSystemOperation>(
  { operation, request, origin }: InboundMessage<Name>,
  builtIn: Decision<Name>,
  box: ChargeBoxState,
  delegation: Delegation | Holder | undefined,
): Decision<Name> | undefined {
  if (delegation === undefined || builtIn.repeated) return undefined;
  const { heldBy } = delegation;
  const key = requestKey({ operation, request, meterText: origin.meterText });
  const known = box.pending.find((pending) => pending.key === key);
  if (known !== undefined) return repeatedRequest(known, box, { heldBy, at: origin.at });
  if (!('msgId' in delegation) || !mayAsk(box, origin.at)) return undefined;
  const { msgId, respondBy } = delegation;
  const unregistered = isStranger(box) ? { unregistered: true as const } : {};
  const data = { msgId, operation, request, ...placeAndTime(origin), respondBy, heldBy, ...unregistered };
  return { answer: { waitsFor: msgId }, events: [{ type: 'RequestDelegated', data }] };
}

function repeatedRequest<Name extends CentralSystemOperation>(
  known: PendingRequest,
  box: ChargeBoxState,
  { heldBy, at }: { readonly heldBy: string; readonly at: string },
): Decision<Name> {
  const { msgId } = known;
  const isElsewhere = known.heldBy !== heldBy;
  const event: ChargeBoxEvent = { type: 'RequestRepeated', data: { msgId, ...(isElsewhere ? { heldBy } : {}), at } };
  return { answer: { waitsFor: msgId }, events: isElsewhere || !isStranger(box) ? [event] : [], repeated: true };
}

// Anybody can boot under any name: what is recorded of strangers is bounded in number and in time.
function mayAsk(box: ChargeBoxState, at: string): boolean {
  if (!isStranger(box)) return box.pending.length < delegationLimits.pending;
  return box.pending.length === 0 && !wasRefusedLately(box, at);
}

function isStranger({ registration }: ChargeBoxState): boolean {
  return registration === undefined;
}

function placeAndTime({ at, from, replyTo, remoteAddress, messageId, meterText }: MessageOrigin) {
  return {
    ...withoutAbsent({ from, replyTo, remoteAddress }),
    ...(messageId === undefined ? {} : { messageId }),
    ...(meterText === undefined ? {} : { meterText }),
    at,
  };
}

// OCPP 1.5, 4.2: only registered boxes are served; a boot has a status that says so, everything else needs a fault.
function refuse<Name extends CentralSystemOperation>(
  message: InboundMessage<Name>,
  box: ChargeBoxState,
  facts: Facts,
  delegation: Delegation | Holder | undefined,
): Decision<Name> {
  const { operation, request, origin } = message;
  if (operation === 'BootNotification') {
    const builtIn = refuseBoot({ request, box, origin, facts } as unknown as Case<
      'BootNotification',
      never
    >) as unknown as Decision<Name>;
    // Whom an operator rejected, no responder is asked about.
    const isOpen = box.registration === undefined;
    const known =
      delegated(message, { ...builtIn, repeated: undefined }, box, isOpen ? delegation : undefined) ?? builtIn;
    // Where a candidate is, is worth knowing at the moment in which it is accepted; but no more often than its boots are.
    const seen = isOpen && known.events.length > 0 ? addressObserved(box, origin) : [];
    return seen.length === 0 ? known : { ...known, events: [...seen, ...known.events] };
  }
  const why = box.registration === 'Rejected' ? 'was rejected by the operator' : 'is not registered';
  return {
    answer: ocppFault('SecurityError', `This charge box ${why}. It is served once an operator has accepted it.`),
    events: [],
  };
}

function openRegistration({ at }: MessageOrigin): ChargeBoxEvent {
  return { type: 'RegistrationDecided', data: { registration: 'Accepted', by: 'open-registration', at } };
}
