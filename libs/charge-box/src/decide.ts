import type { CentralSystemOperation } from '@app/ocpp';
import { ocppFault } from '@app/ocpp';
import { requestKey } from './delegation/evolve';
import { delegationLimits } from './delegation/state';
import type { ChargeBoxEvent } from './events';
import type { Decision, Delegation, FactName, Facts, InboundMessage, MessageOrigin } from './message';
import { operations } from './operations';
import { refuseBoot, wasRefusedLately } from './operations/boot-notification';
import type { Case, Inbound } from './outcome';
import { isAddress } from './outbound/address';
import { consequences } from './outbound/decide';
import type { ChargeBoxState, ObservedAddress } from './state';

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
  delegation?: Delegation,
): Decision<Name> {
  const { operation, request, origin } = message;
  const registers = box.registration === undefined && facts.policy.registration === 'open';
  if (box.registration !== 'Accepted' && !registers) return refuse(message, box, facts, delegation);

  const { decide: decideOperation } = operations[operation] as unknown as Inbound<Name>;
  const builtIn = decideOperation({ request, box, origin, facts });
  const decision = delegated(message, builtIn, box, delegation) ?? builtIn;
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
  delegation: Delegation | undefined,
): Decision<Name> | undefined {
  if (delegation === undefined || builtIn.repeated) return undefined;
  const { msgId, respondBy, heldBy } = delegation;
  const key = requestKey({ operation, request });
  const known = box.pending.find((pending) => pending.key === key);
  const { at } = origin;
  const isStranger = box.registration === undefined;
  if (known !== undefined) {
    const elsewhere = known.heldBy === heldBy ? {} : { heldBy };
    if (isStranger && known.heldBy === heldBy) return { answer: { waitsFor: known.msgId }, events: [], repeated: true };
    const event: ChargeBoxEvent = { type: 'RequestRepeated', data: { msgId: known.msgId, ...elsewhere, at } };
    return { answer: { waitsFor: known.msgId }, events: [event], repeated: true };
  }
  if (box.pending.length >= (isStranger ? 1 : delegationLimits.pending)) return undefined;
  if (isStranger && wasRefusedLately(box, at)) return undefined;
  const unregistered = isStranger ? { unregistered: true as const } : {};
  const data = { msgId, operation, request, ...placeAndTime(origin), respondBy, heldBy, ...unregistered };
  return { answer: { waitsFor: msgId }, events: [{ type: 'RequestDelegated', data: data }] };
}

function placeAndTime({ at, from, replyTo, remoteAddress, messageId }: MessageOrigin) {
  return { ...withoutAbsent({ from, replyTo, remoteAddress }), ...(messageId === undefined ? {} : { messageId }), at };
}

// OCPP 1.5, 4.2: only registered boxes are served; a boot has a status that says so, everything else needs a fault.
function refuse<Name extends CentralSystemOperation>(
  message: InboundMessage<Name>,
  box: ChargeBoxState,
  facts: Facts,
  delegation: Delegation | undefined,
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

// Two boxes with one identity show themselves by turns; a box that moved does not come back so soon.
const turn = 600_000;

/** An event when the box shows itself elsewhere than before. What a message leaves out, or says in words that are no address, says nothing. */
function addressObserved(
  box: ChargeBoxState,
  { remoteAddress, at, ...said }: MessageOrigin,
): readonly ChargeBoxEvent[] {
  const { address, formerAddress } = box;
  const from = betterThan(address?.from, said.from);
  const replyTo = betterThan(address?.replyTo, said.replyTo);
  if (address !== undefined && saysNothingNew({ from, replyTo, remoteAddress }, address)) return [];
  const seen = { ...placeOf(address ?? {}), ...withoutAbsent({ from, replyTo, remoteAddress }) };
  if (address === undefined && Object.keys(seen).length === 0) return [];
  const isBack =
    formerAddress !== undefined && isSame(seen, formerAddress) && Date.parse(at) - Date.parse(formerAddress.at) < turn;
  return [
    {
      type: 'AddressObserved',
      data: { ...seen, ...(isBack ? { alternating: true as const } : {}), at },
    },
  ];
}

/** What was said, unless it is no address and what is known is one. */
function betterThan(known: string | undefined, said: string | undefined): string | undefined {
  return isAddress(known) && !isAddress(said) ? undefined : said;
}

type Address = Omit<ObservedAddress, 'at'>;

function placeOf({ from, replyTo, remoteAddress }: Address): Address {
  return withoutAbsent({ from, replyTo, remoteAddress });
}

function saysNothingNew(seen: Address, { from, replyTo, remoteAddress }: Address): boolean {
  if (seen.from !== undefined && seen.from !== from) return false;
  if (seen.replyTo !== undefined && seen.replyTo !== replyTo) return false;
  return seen.remoteAddress === undefined || seen.remoteAddress === remoteAddress;
}

function isSame(one: Address, other: Address = {}): boolean {
  return one.from === other.from && one.replyTo === other.replyTo && one.remoteAddress === other.remoteAddress;
}

function withoutAbsent(address: Address): Address {
  return Object.fromEntries(Object.entries(address).filter(([, text]) => text !== undefined));
}
