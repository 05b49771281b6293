import type { ChargeBoxEvent, ChargeBoxState, Decision, MessageOrigin, Policy } from '@app/charge-box';
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
import type { ImpliedRequest } from './requests';
import { impliedRequest } from './requests';
import type { NotJudged } from './report';
import { Judgement } from './report';

/** An event of a history, wherever it is read from. */
export type JudgedEvent = Pick<RecordedEvent, 'stream' | 'revision' | 'id' | 'type' | 'data' | 'metadata'>;

interface Recorded {
  readonly stored: JudgedEvent;
  readonly event: ChargeBoxEvent;
}

/** What one request led to, and the box before it. */
interface Outcome {
  readonly before: ChargeBoxState;
  readonly causationId: string;
  readonly recorded: Recorded[];
}

interface Box {
  state: ChargeBoxState;
  outcome?: Outcome;
}

export interface JudgeSettings {
  readonly maximumPower: number;
  readonly boxes?: ReadonlySet<string>;
}

/**
 * Holds what a history recorded against what today's rules would record. Events must come in the order of the log. Each request is
 * made of its events, and decided on the state of then with the facts of then: only the rules are those of today.
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
    if (streamOf(event.type) === 'heartbeats') return this.judgeHeartbeat(identity, box, { stored, event });
    const { causationId, actor } = stored.metadata;
    if (box.outcome?.causationId !== causationId) this.close(identity, box);
    if (actor === 'charge-box') {
      box.outcome ??= { before: box.state, causationId, recorded: [] };
      box.outcome.recorded.push({ stored, event });
    }
    box.state = evolve(box.state, event);
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
    if (outcome !== undefined) this.judge(identity, outcome);
  }

  private judge(identity: string, { before, recorded }: Outcome): void {
    const events = recorded.map(({ event }) => event);
    const asked = this.askedOf(events);
    if (typeof asked === 'string') {
      this.judgement.notJudged[asked] += 1;
      return;
    }
    const { implied, principal } = asked;
    const today = decided(implied, before, originOf(principal, recorded));
    this.note(identity, implied, recorded, differencesOf(events, today));
  }

  private askedOf(
    events: readonly ChargeBoxEvent[],
  ): { readonly implied: ImpliedRequest; readonly principal: ChargeBoxEvent } | NotJudged {
    if (events.some(({ type }) => type.startsWith('Request'))) return 'delegated';
    const policy = policyOf(events, this.settings);
    for (const principal of events) {
      const implied = impliedRequest(principal, policy);
      if (implied !== undefined) return { implied, principal };
    }
    return 'accompanying';
  }

  private judgeHeartbeat(identity: string, { state }: Box, recorded: Recorded): void {
    const { event } = recorded;
    const implied = impliedRequest(event, policyOf([], this.settings));
    if (implied === undefined) return;
    const today = decided(implied, state, originOf(event, [recorded]));
    const itself = { ...today, events: today.events.filter(({ type }) => type === event.type) };
    this.note(identity, implied, [recorded], differencesOf([event], itself));
  }

  private note(
    identity: string,
    { operation }: ImpliedRequest,
    [first]: readonly Recorded[],
    differences: readonly string[],
  ): void {
    const { stream = '', revision = 0, metadata } = first?.stored ?? {};
    this.judgement.take(operation, { identity, at: metadata?.receivedAt ?? '', stream, revision, differences });
  }
}

/** The policy of then, as far as the events tell it. */
function policyOf(events: readonly ChargeBoxEvent[], { maximumPower }: JudgeSettings): Policy {
  const isOpen = events.some(({ type, data }) => type === 'RegistrationDecided' && data.by === 'open-registration');
  return { registration: isOpen ? 'open' : 'known', heartbeatInterval: 300, maximumPower };
}

/** Where and when a request came, as far as what it led to tells. What it said that was nothing new is not known. */
function originOf(principal: ChargeBoxEvent, recorded: readonly Recorded[]): MessageOrigin {
  const observed = recorded.find(({ event }) => event.type === 'AddressObserved')?.event;
  const { from, replyTo } = observed?.type === 'AddressObserved' ? observed.data : {};
  const { remoteAddress, messageId } = recorded[0]?.stored.metadata ?? {};
  return { at: principal.data.at, from, replyTo, remoteAddress, messageId };
}

function decided(
  { operation, request, facts }: ImpliedRequest,
  before: ChargeBoxState,
  origin: MessageOrigin,
): Decision {
  return decide({ kind: 'request', operation, request, origin }, before, facts);
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
