import {
  answeringRulesStream,
  heartbeatPrefix,
  identityOfStream,
  idTagPrefix,
  isKnownType,
  statePrefix,
  telemetryPrefix,
  upcast,
} from '@app/charge-box';
import type { Position, RecordedEvent, Subscription } from '@app/kernel';
import { hasCode } from '@app/kernel';
import { Injectable } from '@nestjs/common';
import { AnsweringRules } from './answering-rules';
import { Liveness } from './liveness';
import { RuntimeContext } from './runtime-context';

const streamPrefixes = [statePrefix, telemetryPrefix, heartbeatPrefix, idTagPrefix, answeringRulesStream];
const longestWait = 10_000;

/**
 * What is recorded on a store that several instances share, taken into account here as soon as the log tells it: idTags and transactions,
 * candidates, answering rules, which boxes have shown themselves. On a store of our own everything is known already.
 */
@Injectable()
export class Neighbours {
  private subscription: Subscription | undefined;
  private stopped = false;
  private wait = 100;

  constructor(
    private readonly context: RuntimeContext,
    private readonly rules: AnsweringRules,
    private readonly liveness: Liveness,
  ) {}

  /** `after`: up to where everything is known already. */
  start(after: Position): void {
    if (this.context.store.shared) this.follow(after);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.subscription?.stop();
  }

  private follow(after: Position): void {
    let from = after;
    const { store, log } = this.context;
    this.subscription = store.subscribe({ after, filter: { streamPrefixes } }, ({ events, checkpoint }) => {
      for (const event of events) this.take(event);
      from = checkpoint > from ? checkpoint : from;
      this.context.directory.told(from);
      this.wait = 100;
    });
    const again = (error?: unknown) => {
      if (this.stopped) return;
      log.warn({ err: error, retryIn: this.wait }, 'What other instances record was not heard for a moment');
      setTimeout(() => this.stopped || this.follow(from), this.wait).unref();
      this.wait = Math.min(longestWait, this.wait * 2);
    };
    this.subscription.ended.then(() => again(), again);
  }

  /** Events of this run too: it may not know that they were stored. */
  private take(event: RecordedEvent): void {
    try {
      this.context.directory.applyRecorded(event, event.position);
      if (event.stream === answeringRulesStream) this.rules.take(event);
      const identity = identityOfStream(event.stream);
      const isOurs = event.metadata.instance === this.context.instance.run;
      if (identity !== undefined && !isOurs) this.notice(event, identity);
    } catch (error) {
      // A newer instance is at work: what follows waits, as its events cannot be left out one by one.
      if (hasCode(error, 'event-newer')) throw error;
      const { type, stream, position } = event;
      this.context.meter.count('neighbour_events_skipped_total');
      this.context.log.error({ type, stream, position, err: error }, 'An event of another instance was left out');
    }
  }

  private notice(recorded: RecordedEvent, identity: string): void {
    if (!isKnownType(recorded.type)) return;
    const event = upcast(recorded);
    if (event.type === 'ChargeBoxSilent') return this.liveness.forget(identity);
    const isStranger = event.type === 'ChargeBoxBooted' && event.data.answered === 'Rejected';
    const isDelegated = event.type === 'RequestDelegated' && event.data.unregistered === true;
    if (recorded.metadata.actor !== 'charge-box' || isStranger || isDelegated) return;
    const interval = event.type === 'ChargeBoxBooted' ? event.data.heartbeatInterval : undefined;
    this.liveness.note(identity, Date.parse(recorded.metadata.receivedAt), interval);
  }
}
