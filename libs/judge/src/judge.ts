import type { ChargeBoxEvent, ChargeBoxState, Decision, Delegation, MessageOrigin, Policy } from '@app/charge-box';
import {
  chargeBoxEventSchemas,
  decide,
  evolve,
  identityOfStream,
  initialState,
  streamOf,
  upcast,
} from '@app/charge-box';
import type { RecordedEvent } from '@app/kernel';
import { differencesBetween } from '@app/kernel';
import type { Settlement } from './delegated';
import { askedFor, isAsked, isFinal, isSettlement, settledToday } from './delegated';
import type { ImpliedRequest } from './requests';
import { factsWith, impliedRequest } from './requests';
import type { NotJudged } from './report';
import { Judgement } from './report';

/** An event of a history, wherever it is read from. */
export type JudgedEvent = Pick<RecordedEvent, 'stream' | 'revision' | 'id' | 'type' | 'data' | 'metadata'>;

interface Recorded {
  readonly stored: JudgedEvent;
  readonly event: ChargeBoxEvent;
}

/** What one message led to, and the box before it. */
interface Outcome {
  readonly before: ChargeBoxState;
  readonly causationId: string;
  readonly isRequest: boolean;
  readonly recorded: Recorded[];
}

interface Box {
  state: ChargeBoxState;
  outcome?: Outcome;
}

/** A request as its events tell of it. */
interface Asked {
  readonly implied: ImpliedRequest;
  readonly principal: ChargeBoxEvent;
  readonly delegation?: Delegation;
}

export interface JudgeSettings {
  readonly maximumPower: number;
  readonly boxes?: ReadonlySet<string>;
}

/**
 * Holds what a history recorded against what today's rules would record. Events must come in the order of the log. Each request is
 * made of its events, and decided on the state of then with the facts of then: only the rules are those of today. What somebody outside
 * answered is taken as he answered it.
 */
export class Judge {
  readonly judgement = new Judgement();
  private readonly boxes = new Map<string, Box>();

  constructor(private readonly settings: JudgeSettings) {}

  take(stored: JudgedEvent): void {
    const identity = identityOfStream(stored.stream);
    if (identity === undefined || this.settings.boxes?.has(identity) === false) return;
    if (!Object.hasOwn(chargeBoxEventSchemas, stored.type)) return;
    this.judgement.events += 1;
    const event = upcast(stored as RecordedEvent);
    const box = this.boxOf(identity);
    // A heartbeat is stored after its answer, so other requests may have come between.
    if (isHeartbeat(event)) this.judgeHeartbeat(identity, box, { stored, event });
    else this.gather(identity, box, { stored, event });
  }

  private gather(identity: string, box: Box, { stored, event }: Recorded): void {
    const { causationId, actor } = stored.metadata;
    if (box.outcome?.causationId !== causationId) this.close(identity, box);
    box.outcome ??= { before: box.state, causationId, isRequest: actor === 'charge-box', recorded: [] };
    box.outcome.recorded.push({ stored, event });
    box.state = evolve(box.state, event);
    // One message may settle several requests.
    if (isSettlement(event)) this.close(identity, box);
  }

  /** Call it after the last event. */
  end(): Judgement {
    for (const [identity, box] of this.boxes) this.close(identity, box);
    return this.judgement;
  }

  private boxOf(identity: string): Box {
    const known = this.boxes.get(identity);
    if (known !== undefined) return known;
    const box: Box = { state: initialState };
    this.boxes.set(identity, box);
    return box;
  }

  private close(identity: string, box: Box): void {
    const { outcome } = box;
    box.outcome = undefined;
    if (outcome === undefined) return;
    const last = outcome.recorded.at(-1)?.event;
    if (last !== undefined && isSettlement(last)) this.judgeSettlement(identity, last, outcome);
    else if (outcome.isRequest) this.judge(identity, outcome);
  }

  private judge(identity: string, { before, recorded }: Outcome): void {
    const events = recorded.map(({ event }) => event);
    const asked = this.askedOf(events, before);
    if (typeof asked === 'string') {
      this.judgement.notJudged[asked] += 1;
      return;
    }
    const { implied, principal, delegation } = asked;
    const today = decided(implied, before, originOf(principal, recorded), delegation);
    const differences = differencesOf(events, today);
    // A request that waits counts once it is settled.
    if (delegation === undefined || differences.length > 0) this.note(identity, implied, recorded, differences);
  }

  private judgeSettlement(identity: string, settlement: Settlement, { before, recorded }: Outcome): void {
    const events = recorded.map(({ event }) => event);
    const today = settledToday(settlement, before, { events, policy: policyOf(events, this.settings) });
    if (today === undefined) {
      this.judgement.notJudged.delegated += 1;
      return;
    }
    const differences =
      'refused' in today
        ? [`it would be refused: ${today.refused}`]
        : differencesBetween(byType(events), byType(today.events.filter((event) => !isHeartbeat(event))));
    if (settlement.type === 'RequestAnswered') this.judgement.answeredOutside += 1;
    if (isFinal(settlement) || differences.length > 0) this.note(identity, settlement.data, recorded, differences);
  }

  private askedOf(events: readonly ChargeBoxEvent[], before: ChargeBoxState): Asked | NotJudged {
    const policy = policyOf(events, this.settings);
    const waits = events.find(isAsked);
    if (waits !== undefined) {
      const delegated = askedFor(waits, before);
      if (delegated === undefined) return 'delegated';
      const { operation, request, ...delegation } = delegated;
      return { implied: { operation, request, facts: factsWith({ policy }) }, principal: waits, delegation };
    }
    for (const principal of events) {
      const implied = impliedRequest(principal, policy);
      if (implied !== undefined) return { implied, principal };
    }
    return 'accompanying';
  }

  private judgeHeartbeat(identity: string, { state }: Box, recorded: Recorded): void {
    const { event, stored } = recorded;
    // One that somebody outside answered is judged with his answer.
    if (stored.metadata.actor !== 'charge-box') return;
    const implied = impliedRequest(event, policyOf([], this.settings));
    if (implied === undefined) return;
    const today = decided(implied, state, originOf(event, [recorded]));
    const itself = { ...today, events: today.events.filter(({ type }) => type === event.type) };
    this.note(identity, implied, [recorded], differencesOf([event], itself));
  }

  private note(
    identity: string,
    { operation }: Pick<ImpliedRequest, 'operation'>,
    [first]: readonly Recorded[],
    differences: readonly string[],
  ): void {
    const { stream = '', revision = 0, metadata } = first?.stored ?? {};
    this.judgement.take(operation, { identity, at: metadata?.receivedAt ?? '', stream, revision, differences });
  }
}

const isHeartbeat = ({ type }: ChargeBoxEvent): boolean => streamOf(type) === 'heartbeats';

/** The policy of then, as far as the events tell it. */
function policyOf(events: readonly ChargeBoxEvent[], { maximumPower }: JudgeSettings): Policy {
  const isOpen = events.some(({ type, data }) => type === 'RegistrationDecided' && data.by === 'open-registration');
  return { registration: isOpen ? 'open' : 'known', heartbeatInterval: 300, maximumPower };
}

/** Where and when a request came, as far as what it led to tells. What it said that was nothing new is not known. */
function originOf(principal: ChargeBoxEvent, recorded: readonly Recorded[]): MessageOrigin {
  if (principal.type === 'RequestDelegated') {
    const { at, from, replyTo, remoteAddress, messageId, meterText } = principal.data;
    return { at, from, replyTo, remoteAddress, messageId, meterText };
  }
  const observed = recorded.find(({ event }) => event.type === 'AddressObserved')?.event;
  const { from, replyTo } = observed?.type === 'AddressObserved' ? observed.data : {};
  const { remoteAddress, messageId } = recorded[0]?.stored.metadata ?? {};
  const { meterText } = principal.data as { readonly meterText?: string };
  return { at: principal.data.at, from, replyTo, remoteAddress, messageId, meterText };
}

function decided(
  { operation, request, facts }: ImpliedRequest,
  before: ChargeBoxState,
  origin: MessageOrigin,
  delegation?: Delegation,
): Decision {
  return decide({ kind: 'request', operation, request, origin }, before, facts, delegation);
}

/** Events say what was answered too, except for a fault and for what repeats another request. */
function differencesOf(recorded: readonly ChargeBoxEvent[], { answer, events }: Decision): readonly string[] {
  if ('fault' in answer) return [`the answer would be the fault ${answer.fault}`];
  if (events.length === 0) return ['it would count as a repetition, and nothing would be recorded'];
  return differencesBetween(byType(recorded), byType(events));
}

function byType(events: readonly ChargeBoxEvent[]): Readonly<Record<string, unknown>> {
  const all: Record<string, unknown[]> = {};
  for (const { type, data } of events) (all[type] ??= []).push(data);
  return Object.fromEntries(Object.entries(all).map(([type, datas]) => [type, datas.length === 1 ? datas[0] : datas]));
}
