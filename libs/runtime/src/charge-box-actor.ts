import type {
  ChargeBoxEvent,
  Decision,
  Facts,
  InboundMessage,
  OperatorDecision,
  OperatorMessage,
} from '@app/charge-box';
import { decide, decideOperator, evolve, heartbeatStream, stateStream, telemetryStream } from '@app/charge-box';
import type { EventMetadata, EventToAppend, Position } from '@app/kernel';
import { codedError, Mailbox } from '@app/kernel';
import type { CentralSystemOperation } from '@app/ocpp';
import type { LoadedChargeBox } from './charge-box-history';
import { dress, loadChargeBox, storeSnapshot } from './charge-box-history';
import type { RuntimeContext } from './runtime-context';
import { snapshotEvery } from './settings';

type Metadata = Omit<EventMetadata, 'schema'>;

const tries = 5;

/**
 * One charge box at work: takes its messages one at a time, in order; decides on what it remembers; answers when the events
 * are stored. After any failure of the store it forgets and reads itself anew, for then it cannot know what was stored.
 */
export class ChargeBoxActor {
  private readonly mailbox = new Mailbox();
  private box: LoadedChargeBox | undefined;
  private eventsSinceSnapshot = 0;
  private bytesSinceSnapshot = 0;
  private heartbeatsBounded = false;

  constructor(
    readonly identity: string,
    private readonly context: RuntimeContext,
  ) {}

  get idle(): boolean {
    return this.mailbox.idle;
  }

  /** Answers a request of the box. Rejects with a coded error when its events cannot be stored. */
  answer<Name extends CentralSystemOperation>(
    message: InboundMessage<Name>,
    metadata: Metadata,
  ): Promise<Decision<Name>> {
    return this.mailbox.post(async () => {
      const { decision } = await this.transact(metadata, (box) => this.decideOn(message, box));
      return decision;
    });
  }

  /** Does what the operator asks, or says why not. */
  tell(message: OperatorMessage, metadata: Metadata): Promise<{ decision: OperatorDecision; position?: Position }> {
    return this.mailbox.post(() =>
      this.transact(metadata, async (box) => {
        const decision = decideOperator(message, box.state);
        return { decision, events: decision.outcome === 'done' ? decision.events : [] };
      }),
    );
  }

  private async decideOn<Name extends CentralSystemOperation>(message: InboundMessage<Name>, box: LoadedChargeBox) {
    while (!this.context.isPrepared(message.operation)) await this.context.prepare();
    const decision = decide(message, box.state, this.context.facts(message) as Facts);
    const events = this.context.admit(this.identity, box.state, decision.events);
    if (events.some((event) => event.type === 'TransactionStarted')) this.context.ids.take();
    return { decision, events };
  }

  private async transact<Outcome extends { events: readonly ChargeBoxEvent[] }>(
    metadata: Metadata,
    work: (box: LoadedChargeBox) => Promise<Outcome>,
  ): Promise<Outcome & { position?: Position }> {
    for (let attempt = 0; attempt < tries; attempt += 1) {
      const box = (this.box ??= await this.load());
      const outcome = await work(box);
      if (outcome.events.length === 0) return outcome;
      const stored = await this.store(box, outcome.events, metadata);
      if (stored !== undefined) return { ...outcome, position: stored };
      this.context.meter.count('charge_box_conflicts_total');
    }
    throw codedError('conflict-persists', this.identity);
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
        this.box = undefined;
        return undefined;
      }
      this.appendHeartbeats(dressed.heartbeats);
      expected.keep();
      this.remember(box, events, dressed);
      return position;
    } catch (error) {
      expected.undo();
      this.box = undefined;
      throw error;
    }
  }

  private async appendDurably(box: LoadedChargeBox, dressed: ReturnType<typeof dress>): Promise<Position | undefined> {
    const parts = [
      { stream: stateStream(this.identity), events: dressed.state, revision: box.stateRevision },
      { stream: telemetryStream(this.identity), events: dressed.telemetry, revision: box.telemetryRevision },
    ];
    let position: Position = '';
    for (const part of parts) {
      if (part.events.length === 0) continue;
      const result = await this.context.store.append(part.stream, part.events, part.revision);
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

function estimatedBytes(event: ChargeBoxEvent): number {
  if (event.type === 'DataTransferReceived') return 200 + (event.data.data?.length ?? 0);
  if (event.type === 'MeterValuesReported') return 200 * (1 + event.data.values.length);
  if (event.type === 'TransactionStopped' || event.type === 'OrphanStopReceived') {
    return event.data.transactionData.reduce((sum, { value }) => sum + 100 + 200 * value.length, 400);
  }
  return 400;
}
