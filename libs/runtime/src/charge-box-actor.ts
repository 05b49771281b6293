import type {
  ChargeBoxEvent,
  ChargeBoxState,
  CountedQuirk,
  Decision,
  DelegationMessage,
  DelegationOutcome,
  Facts,
  InboundMessage,
  OperatorDecision,
  OperatorMessage,
  PendingRequest,
} from '@app/charge-box';
import {
  decide,
  decideDelegation,
  evolve,
  heartbeatStream,
  noteQuirks,
  stateStream,
  streamOf,
  telemetryStream,
} from '@app/charge-box';
import type { EventToAppend, Position } from '@app/kernel';
import { codedError } from '@app/kernel';
import type { CentralSystemOperation } from '@app/ocpp';
import type { LoadedChargeBox } from './charge-box-history';
import { catchUp, dress, estimatedBytes, isCurrent, loadChargeBox, storeSnapshot } from './charge-box-history';
import { restBeforeCall } from './contact';
import { ForgetfulMailbox } from './forgetful-mailbox';
import type { Metadata } from './metadata';
import { decideRemembering } from './recollection';
import type { RuntimeContext } from './runtime-context';
import { snapshotEvery } from './settings';
import { announceSettlement } from './settlements';
import { levelOf } from './log-level';

const tries = 5;
/** After these a box may be reached that could not be reached before. */
const opensTheWay: ReadonlySet<string> = new Set(['ChargeBoxConfigured', 'RegistrationDecided']);

/**
 * One charge box at work: takes its messages one at a time, in order; decides on what it remembers; answers when the events
 * are stored. After any failure of the store it forgets and reads itself anew, for then it cannot know what was stored.
 */
export class ChargeBoxActor {
  private readonly mailbox = new ForgetfulMailbox(() => void ([this.box, this.quirks] = [undefined, []]));
  private box: LoadedChargeBox | undefined;
  /** Deviations that are counted and not recorded yet. */
  private quirks: readonly CountedQuirk[] = [];
  private eventsSinceSnapshot = 0;
  private bytesSinceSnapshot = 0;
  private heartbeatsBounded = false;

  constructor(
    readonly identity: string,
    private readonly context: RuntimeContext,
  ) {}

  /** Answers a request of the box, or says what its answer waits for. Rejects with a coded error when its events cannot be stored. */
  answer<Name extends CentralSystemOperation>(
    message: InboundMessage<Name>,
    metadata: Metadata,
  ): Promise<Decision<Name>> {
    return this.mailbox.post(async () => {
      const { decision } = await this.transactNoting(metadata, (box) => this.decideOn(message, box));
      this.showReachable(message.origin.at);
      return decision;
    });
  }

  /** Counts the deviations of a request that was refused before anything could be decided about it. */
  note(metadata: Metadata): Promise<void> {
    return this.mailbox.post(async () => void (await this.transactNoting(metadata, () => ({ events: [] }))));
  }

  /** Does what the operator, or a saga, asks, or says why not. */
  tell(message: OperatorMessage, metadata: Metadata): Promise<{ decision: OperatorDecision; position?: Position }> {
    return this.mailbox.post(async () => {
      const told = await this.transact(metadata, async (box) => {
        const decision = await decideRemembering(message, box, this.identity, this.context);
        return { decision, events: decision.outcome === 'done' ? decision.events : [] };
      });
      if (told.events.some(({ type }) => opensTheWay.has(type))) this.showReachable(message.at);
      return told;
    });
  }

  /** Settles a pending request, or says why not. `complete` makes the message when the facts are known. */
  settle(
    msgId: string,
    complete: (pending: PendingRequest | undefined, facts: Facts) => DelegationMessage | undefined,
    metadata: Metadata,
  ): Promise<{ decision: DelegationOutcome | undefined; position?: Position }> {
    return this.mailbox.post(() =>
      this.transact(metadata, async (box) => {
        const pending = box.state.pending.find((request) => request.msgId === msgId);
        const operation = pending?.operation ?? 'Heartbeat';
        while (!this.context.isPrepared(operation)) await this.context.prepare();
        // From here to `takeIds` nothing may be awaited: another box would be shown the same transaction id.
        const { request = {}, at = '' } = pending ?? {};
        const facts = this.context.facts({ operation, request, origin: { at } }, box.state) as Facts;
        const message = complete(pending, facts);
        const decision = message && decideDelegation(message, box.state, facts);
        const events = decision?.events ?? [];
        this.context.takeIds(events);
        return { decision, events };
      }),
    );
  }

  /** Forgets what it remembers; resolves when everything that was posted before has ended, and left nothing behind. Never rejects. */
  forget(): Promise<void> {
    return this.mailbox.forget();
  }

  /** What is remembered of the box, after everything that was posted before. */
  look<Result>(at: (state: ChargeBoxState) => Result): Promise<Result> {
    return this.mailbox.post(async () => {
      for (;;) {
        const box = (this.box ??= await this.load());
        if (await this.holdsStill(box, [])) return at(box.state);
      }
    });
  }

  private decideOn<Name extends CentralSystemOperation>(message: InboundMessage<Name>, box: LoadedChargeBox) {
    return this.context.isPrepared(message.operation) ? this.decideNow(message, box) : this.decideSoon(message, box);
  }

  private async decideSoon<Name extends CentralSystemOperation>(message: InboundMessage<Name>, box: LoadedChargeBox) {
    while (!this.context.isPrepared(message.operation)) await this.context.prepare();
    return this.decideNow(message, box);
  }

  private decideNow<Name extends CentralSystemOperation>(message: InboundMessage<Name>, box: LoadedChargeBox) {
    const delegation = this.context.delegation(message.operation, this.identity, box.state);
    const decision = decide(message, box.state, this.context.facts(message, box.state) as Facts, delegation);
    const events = this.context.admit(this.identity, box.state, decision.events);
    this.context.takeIds(events);
    return { decision, events };
  }

  // The box showed itself, or an operator said where it is: what waits for it can be sent.
  private showReachable(at: string): void {
    const rest = this.box && restBeforeCall(this.box.state, this.context.settings.outbound.peer, at);
    if (rest !== undefined) this.context.conversation.reachable(this.identity, rest);
  }

  private async transactNoting<Outcome extends { events: readonly ChargeBoxEvent[] }>(
    metadata: Metadata,
    work: (box: LoadedChargeBox) => Outcome | Promise<Outcome>,
  ): Promise<Outcome> {
    const { quirks = [], receivedAt: at } = metadata;
    let { quirks: counted } = this;
    const note = (box: LoadedChargeBox, decided: Outcome) => {
      const noted = noteQuirks(box.state, this.quirks, { quirks, events: decided.events, at });
      ({ counted } = noted);
      return noted.events === decided.events ? decided : { ...decided, events: noted.events };
    };
    const outcome = await this.transact(metadata, (box) => {
      const decided = work(box);
      return decided instanceof Promise ? decided.then((later) => note(box, later)) : note(box, decided);
    });
    this.quirks = counted;
    return outcome;
  }

  private async transact<Outcome extends { events: readonly ChargeBoxEvent[] }>(
    metadata: Metadata,
    work: (box: LoadedChargeBox) => Outcome | Promise<Outcome>,
  ): Promise<Outcome & { position?: Position }> {
    for (let attempt = 0; attempt < tries; attempt += 1) {
      const box = (this.box ??= await this.load());
      // Most decisions have nothing to wait for.
      const decided = work(box);
      const outcome = decided instanceof Promise ? await decided : decided;
      if (this.context.store.shared && !(await this.holdsStill(box, outcome.events))) continue;
      if (outcome.events.length === 0) return outcome;
      const stored = await this.store(box, outcome.events, metadata);
      if (stored !== undefined) return { ...outcome, position: stored };
      this.context.meter.count('charge_box_conflicts_total');
    }
    throw codedError('conflict-persists', this.identity);
  }

  /**
   * Events of the state guard themselves by their revision. Whatever else is decided counts only on the state that the log has, which
   * another instance may have changed.
   */
  private async holdsStill(box: LoadedChargeBox, events: readonly ChargeBoxEvent[]): Promise<boolean> {
    if (!this.context.store.shared || events.some(({ type }) => streamOf(type) === 'state')) return true;
    if (await isCurrent(this.context.store, this.identity, box)) return true;
    await this.refresh(box);
    return false;
  }

  /** Takes in what others appended. */
  private async refresh(box: LoadedChargeBox): Promise<void> {
    // Should this fail, the box is read anew.
    this.box = undefined;
    if (this.context.store.shared) this.box = await catchUp(this.context.store, this.identity, box);
  }

  private async load(): Promise<LoadedChargeBox> {
    const begin = performance.now();
    const box = await loadChargeBox(this.context.store, this.identity);
    this.eventsSinceSnapshot = box.sinceSnapshot;
    this.context.meter.count('charge_box_activations_total');
    this.context.meter.observe('charge_box_activation_seconds', (performance.now() - begin) / 1000);
    return box;
  }

  /** Position of the last event stored; `undefined` after a conflict. */
  private async store(
    box: LoadedChargeBox,
    events: readonly ChargeBoxEvent[],
    metadata: Metadata,
  ): Promise<Position | undefined> {
    const dressed = dress(events, metadata);
    const expected = this.context.directory.expect(events, this.identity);
    try {
      const position = await this.appendDurably(box, dressed);
      if (position === undefined) {
        expected.undo();
        await this.refresh(box);
        return undefined;
      }
      this.appendHeartbeats(dressed.heartbeats);
      expected.keep(this.context.store.shared ? position : undefined);
      this.remember(box, events, dressed);
      this.announce(events, position);
      return position;
    } catch (error) {
      expected.undo();
      this.box = undefined;
      throw error;
    }
  }

  private async appendDurably(box: LoadedChargeBox, dressed: ReturnType<typeof dress>): Promise<Position | undefined> {
    const parts = [
      { nameOf: stateStream, events: dressed.state, revision: box.stateRevision },
      { nameOf: telemetryStream, events: dressed.telemetry, revision: box.telemetryRevision },
    ];
    let position: Position = '';
    for (const { nameOf, events, revision } of parts) {
      if (events.length === 0) continue;
      const result = await this.context.store.append(nameOf(this.identity), events, revision);
      if (result.outcome === 'conflict') return undefined;
      position = result.position;
    }
    return position;
  }

  // A heartbeat is answered before it is stored: losing one costs nothing, waiting for the disk would.
  private appendHeartbeats(events: readonly EventToAppend[]): void {
    if (events.length === 0) return;
    const { store, settings, meter } = this.context;
    const stream = heartbeatStream(this.identity);
    store.append(stream, events, 'any').catch(() => meter.count('heartbeats_lost_total'));
    if (this.heartbeatsBounded) return;
    this.heartbeatsBounded = true;
    store.retain(stream, { maxCount: settings.keptHeartbeats }).catch(() => (this.heartbeatsBounded = false));
  }

  /** Tells those who wait in this process; others learn it from the log. */
  private announce(events: readonly ChargeBoxEvent[], position: Position): void {
    const { log, conversation } = this.context;
    // The name of the stream is the identity made harmless.
    const stream = stateStream(this.identity);
    for (const event of events) {
      announceSettlement(conversation.settlements, event, position);
      log[levelOf(event)]({ stream, type: event.type }, 'Recorded');
    }
  }

  private remember(box: LoadedChargeBox, events: readonly ChargeBoxEvent[], dressed: ReturnType<typeof dress>): void {
    this.box = {
      state: events.reduce(evolve, box.state),
      stateRevision: box.stateRevision + dressed.state.length,
      telemetryRevision: box.telemetryRevision + dressed.telemetry.length,
      sinceSnapshot: 0,
    };
    this.eventsSinceSnapshot += dressed.state.length + dressed.telemetry.length;
    this.bytesSinceSnapshot += events.reduce((sum, event) => sum + estimatedBytes(event), 0);
    if (this.eventsSinceSnapshot >= snapshotEvery.events || this.bytesSinceSnapshot >= snapshotEvery.bytes)
      this.takeSnapshot(this.box);
  }

  private takeSnapshot(box: LoadedChargeBox): void {
    this.eventsSinceSnapshot = 0;
    this.bytesSinceSnapshot = 0;
    const at = new Date(this.context.clock.now()).toISOString();
    storeSnapshot(this.context.store, this.identity, box, at).catch(() =>
      this.context.meter.count('snapshots_failed_total'),
    );
  }
}
