import type { CallOutcome, OutboundMessage, WaitingCall, Whereabouts } from '@app/charge-box';
import { deferralTable, nextCall, outboundOperation, whereabouts } from '@app/charge-box';
import { Semaphore } from '@app/kernel';
import { Inject, Injectable } from '@nestjs/common';
import { CommandHandler, ICommandHandler } from '@nestjs/cqrs';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Caller } from './caller';
import { CALLER } from './caller';
import type { ChargeBoxActor } from './charge-box-actor';
import { ChargeBoxes } from './charge-boxes';
import { DispatchOperations } from './commands';
import { metadataOfOperator } from './metadata';
import { RuntimeContext } from './runtime-context';

/** The next operation of a box and where it can be sent. */
interface Departure {
  readonly next: WaitingCall;
  readonly where?: Whereabouts;
  readonly peer?: string;
}

/** What is told of one operation; its events have its id as their correlation. */
type Told =
  Extract<OutboundMessage, { readonly callId: string }> extends infer Message
    ? Message extends { at: string }
      ? Omit<Message, 'at'>
      : never
    : never;

const settleTries = 30;

/** Sends what waits, one operation at a time for each box, many boxes at once. */
@Injectable()
export class Dispatcher {
  /** Boxes at work; true when one was asked for again meanwhile. */
  private readonly working = new Map<string, boolean>();
  private readonly places: Semaphore;
  private stopping = false;

  constructor(
    private readonly boxes: ChargeBoxes,
    private readonly context: RuntimeContext,
    @Inject(CALLER) private readonly caller: Caller,
  ) {
    this.places = new Semaphore(context.settings.outbound.concurrent);
  }

  /** `contact`: the box has just shown itself, so that what was put off is tried at once. */
  async dispatch(identity: string, contact: boolean): Promise<void> {
    if (this.working.has(identity)) {
      this.working.set(identity, true);
      return;
    }
    this.working.set(identity, false);
    let wasSeen = contact;
    try {
      while (!this.stopping && ((await this.sendNext(identity, wasSeen)) || this.working.get(identity))) {
        this.working.set(identity, false);
        wasSeen = false;
      }
    } finally {
      this.working.delete(identity);
    }
  }

  /** Sends nothing more; what is under way ends with what is known of it, and is recorded. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.caller.close();
    while (this.working.size > 0) await pause(10);
  }

  /** True when there may be more to send. */
  private async sendNext(identity: string, contact: boolean): Promise<boolean> {
    const leave = await this.places.enter();
    try {
      return await this.boxes.with(identity, async (box) => {
        const departure = await this.departureOf(box, contact);
        return departure === undefined ? false : await this.send(box, departure);
      });
    } finally {
      leave();
    }
  }

  private departureOf(box: ChargeBoxActor, contact: boolean): Promise<Departure | undefined> {
    const at = this.context.now();
    return box.look((state) => {
      const next = nextCall(state, at);
      if (next === undefined) return undefined;
      if (!contact && next.deferred !== undefined && next.deferred.retryAt > at) return undefined;
      const where = whereabouts(state, this.context.settings.outbound.peer);
      const peer = state.address?.remoteAddress;
      return { next, ...(where && { where }), ...(peer === undefined ? {} : { peer }) };
    });
  }

  private async send(box: ChargeBoxActor, { next, where, peer }: Departure): Promise<boolean> {
    const { callId, operation, request } = next;
    if (where === undefined) {
      await this.tell(box, { kind: 'defer', callId, reason: 'no-address', detail: deferralTable['no-address'] });
      return false;
    }
    const { url } = where;
    const source = where.source === 'override' ? 'override' : 'reported';
    const found = await this.caller.find({ url, source, ...(peer === undefined ? {} : { peer }) });
    if (found.kind === 'not-sent') {
      await this.tell(box, { kind: 'defer', callId, reason: found.reason, detail: found.detail, url });
      return false;
    }
    const respondWithin = this.context.settings.responseDeadline * 1_000;
    const respondBy = new Date(this.context.clock.now() + respondWithin).toISOString();
    const messageId = `urn:uuid:${randomUUID()}`;
    // Stored before a byte leaves: of several senders one gets it, and after a crash nobody sends it blindly again.
    const told = await this.tell(box, { kind: 'send', callId, url, messageId, respondBy });
    if (told.outcome === 'refused') return false;
    const begin = performance.now();
    const outcome = await this.caller.call({
      url,
      address: found.address,
      operation,
      request,
      chargeBoxIdentity: box.identity,
      messageId,
      mayReuse: outboundOperation(operation).repeatable(request),
      respondWithin,
    });
    this.measure(operation, outcome, begin);
    await this.settle(box, callId, outcome);
    return true;
  }

  /** What the box said must not be lost because the store rests for a moment. */
  private async settle(box: ChargeBoxActor, callId: string, outcome: CallOutcome): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.tell(box, { kind: 'settle', callId, outcome });
        return;
      } catch (error) {
        if (attempt === settleTries || this.stopping) throw error;
        this.context.log.warn({ identity: box.identity, callId, err: error }, 'An outcome could not be stored yet');
        await pause(1_000);
      }
    }
  }

  private async tell(box: ChargeBoxActor, message: Told) {
    const at = this.context.now();
    const metadata = metadataOfOperator({ requestId: message.callId, actor: 'saga:dispatch' }, at);
    const { decision } = await box.tell({ ...message, at }, metadata);
    return decision;
  }

  private measure(operation: string, outcome: CallOutcome, begin: number): void {
    const how = 'reason' in outcome ? outcome.reason : outcome.kind;
    this.context.meter.count('operations_sent_total', operation, how);
    this.context.meter.observe('operation_seconds', (performance.now() - begin) / 1_000, operation);
  }
}

@CommandHandler(DispatchOperations)
export class DispatchOperationsHandler implements ICommandHandler<DispatchOperations> {
  constructor(private readonly dispatcher: Dispatcher) {}

  execute({ identity, contact }: DispatchOperations): Promise<void> {
    return this.dispatcher.dispatch(identity, contact);
  }
}
