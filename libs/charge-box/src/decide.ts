import type { CentralSystemOperation } from '@app/ocpp';
import { ocppFault } from '@app/ocpp';
import type { ChargeBoxEvent } from './events';
import type { Decision, FactName, Facts, InboundMessage, MessageOrigin } from './message';
import { operations } from './operations';
import { refuseBoot } from './operations/boot-notification';
import type { Case, Inbound } from './outcome';
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
): Decision<Name> {
  const { operation, request, origin } = message;
  const registers = box.registration === undefined && facts.policy.registration === 'open';
  if (box.registration !== 'Accepted' && !registers) return refuse(message, box, facts);

  const { decide: decideOperation } = operations[operation] as unknown as Inbound<Name>;
  const decision = decideOperation({ request, box, origin, facts });
  const before = [...(registers ? [openRegistration(origin)] : []), ...addressObserved(box, origin)];
  return before.length === 0 ? decision : { ...decision, events: [...before, ...decision.events] };
}

// OCPP 1.5, 4.2: only registered boxes are served; a boot has a status that says so, everything else needs a fault.
function refuse<Name extends CentralSystemOperation>(
  message: InboundMessage<Name>,
  box: ChargeBoxState,
  facts: Facts,
): Decision<Name> {
  const { operation, request, origin } = message;
  if (operation === 'BootNotification') {
    return refuseBoot({ request, box, origin, facts } as unknown as Case<
      'BootNotification',
      never
    >) as unknown as Decision<Name>;
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

/** An event when the box shows itself elsewhere than before. What a message leaves out says nothing. */
function addressObserved(
  box: ChargeBoxState,
  { from, replyTo, remoteAddress, at }: MessageOrigin,
): readonly ChargeBoxEvent[] {
  const { address, formerAddress } = box;
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
