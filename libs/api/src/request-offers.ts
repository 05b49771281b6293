import type { Answering } from '@app/charge-box';
import type { Clock, Log } from '@app/kernel';
import { silentLog } from '@app/kernel';
import type { OfferChange, OfferedRequest } from '@app/runtime';
import { PendingRequests } from '@app/runtime';
import { Inject, Injectable } from '@nestjs/common';
import type { StreamedEvent } from './event-stream';
import { messageOfRequest } from './flow-messages';
import type { ApiOptions } from './options';
import { API_OPTIONS } from './options';
import { RequestClaims } from './request-claims';
import { API_CLOCK } from './tokens';

/** Somebody who takes requests. */
export interface Responder {
  readonly name: string;
  readonly wants: (request: OfferedRequest) => boolean;
  /** False when nobody listens any more. */
  readonly send: (event: StreamedEvent) => boolean;
  /** Position up to which it was offered everything. */
  readonly after?: string;
  /** How it wants its requests, whatever the rules say for others. */
  readonly offer?: Answering['offer'];
}

interface Seat extends Responder {
  /** Requests that it has and has not answered. */
  readonly holds: Set<string>;
}

/** Milliseconds. */
const offerAgain = 1_000;

/** Offers requests to responders: each to one of them at a time, or to all. Who has what is decided by the charge box, so that it holds over all instances. */
@Injectable()
export class RequestOffers {
  private readonly seats = new Set<Seat>();
  private readonly leases = new Map<string, NodeJS.Timeout>();
  private readonly log: Log;

  constructor(
    @Inject(API_OPTIONS) { logger }: ApiOptions,
    @Inject(API_CLOCK) private readonly clock: Clock,
    private readonly claims: RequestClaims,
    private readonly pending: PendingRequests,
  ) {
    this.log = logger ?? silentLog;
    pending.watch((change) => this.take(change));
  }

  /** Returns the way to leave. */
  join(responder: Responder): () => void {
    const seat: Seat = { ...responder, holds: new Set() };
    this.seats.add(seat);
    this.welcome(seat).catch((error: unknown) => this.log.error({ err: error }, 'A responder could not be welcomed'));
    return () => this.leave(seat);
  }

  private async welcome(seat: Seat): Promise<void> {
    const { offer: rule } = await this.claims.answering();
    for (const request of this.pending.all()) {
      if (!seat.wants(request)) continue;
      if (competes(seat, rule)) this.attempt(this.offerToOne(request, rule), request);
      else if (seat.after === undefined || request.position > seat.after) this.sendTo(seat, request);
    }
  }

  private leave(seat: Seat): void {
    this.seats.delete(seat);
    const isElsewhere = [...this.seats].some(({ name }) => name === seat.name);
    for (const msgId of seat.holds) {
      const request = this.pending.find(msgId);
      if (request?.claim?.responder !== seat.name || isElsewhere) continue;
      this.attempt(this.claims.release(request, seat.name, 'disconnected'), request);
    }
  }

  private take(change: OfferChange): void {
    const { request } = change;
    switch (change.kind) {
      case 'offered':
        return this.attempt(this.offer(request), request);
      case 'claimed':
        return this.watchLease(request);
      case 'settled':
        clearTimeout(this.leases.get(request.msgId));
        this.leases.delete(request.msgId);
        for (const seat of this.seats) {
          if (seat.holds.delete(request.msgId))
            seat.send({ event: 'settled', data: { msgId: request.msgId, as: change.as } });
        }
    }
  }

  private async offer(request: OfferedRequest): Promise<void> {
    if (this.seats.size === 0) return;
    const { offer: rule } = await this.claims.answering();
    for (const seat of this.seats) {
      if (!competes(seat, rule) && seat.wants(request) && !seat.holds.has(request.msgId)) this.sendTo(seat, request);
    }
    await this.offerToOne(request, rule);
  }

  /** The one with the least to do gets it, if the charge box agrees that it is free. */
  private async offerToOne(request: OfferedRequest, rule: Answering['offer']): Promise<void> {
    const free = [...this.seats].filter(
      (seat) => competes(seat, rule) && seat.wants(request) && !seat.holds.has(request.msgId),
    );
    const seat = free.sort((one, other) => one.holds.size - other.holds.size)[0];
    const current = this.pending.find(request.msgId);
    if (seat === undefined || current === undefined || !this.pending.isFree(current, seat.name)) return;
    seat.holds.add(request.msgId);
    const claimed = await this.claims.claim(request, seat.name).catch((error: unknown) => {
      seat.holds.delete(request.msgId);
      this.later(request);
      throw error;
    });
    if (claimed && this.seats.has(seat)) return this.sendTo(seat, request);
    seat.holds.delete(request.msgId);
    if (claimed) await this.claims.release(request, seat.name, 'disconnected');
  }

  /** What could not be claimed because the store rests for a moment is offered again. */
  private later({ msgId }: OfferedRequest): void {
    setTimeout(() => {
      const request = this.pending.find(msgId);
      if (request !== undefined) this.attempt(this.offer(request), request);
    }, offerAgain).unref();
  }

  private sendTo(seat: Seat, request: OfferedRequest): void {
    seat.holds.add(request.msgId);
    seat.send({ event: 'request', id: request.position, data: messageOfRequest(request) });
  }

  private watchLease(request: OfferedRequest): void {
    clearTimeout(this.leases.get(request.msgId));
    const { claim } = request;
    if (claim === undefined) return;
    const remaining = Math.max(0, Date.parse(claim.leaseUntil) - this.clock.now()) + 1;
    const timer = setTimeout(() => this.endLease(request.msgId), remaining);
    timer.unref();
    this.leases.set(request.msgId, timer);
  }

  private endLease(msgId: string): void {
    this.leases.delete(msgId);
    const request = this.pending.find(msgId);
    if (request?.claim === undefined) return;
    const { responder, leaseUntil } = request.claim;
    if (Date.parse(leaseUntil) > this.clock.now()) return this.watchLease(request);
    for (const seat of this.seats) if (seat.name === responder) seat.holds.delete(msgId);
    this.attempt(this.claims.release(request, responder, 'lease-expired'), request);
  }

  private attempt(work: Promise<unknown>, { msgId }: OfferedRequest): void {
    work.catch((error: unknown) => this.log.error({ msgId, err: error }, 'A request could not be offered'));
  }
}

const competes = ({ offer }: Responder, rule: Answering['offer']): boolean => (offer ?? rule) === 'competing';
