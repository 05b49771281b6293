import type { ChargeBoxEvent, DelegatedRequest } from '@app/charge-box';
import type { Clock, Position } from '@app/kernel';
import { Inject, Injectable } from '@nestjs/common';
import { CLOCK } from './tokens';

/** A request that waits for somebody outside, as it is offered. */
export interface OfferedRequest extends DelegatedRequest {
  readonly identity: string;
  /** Where it was delegated: the resume position of the feed. */
  readonly position: Position;
  readonly claim?: { readonly responder: string; readonly leaseUntil: string };
}

/** What changed: a request came or is free again, was claimed, or is settled. */
export type OfferChange =
  | { readonly kind: 'offered' | 'claimed'; readonly request: OfferedRequest }
  | { readonly kind: 'settled'; readonly request: OfferedRequest; readonly as: string };

/** The requests that wait for an answer from outside, of all boxes, as this process knows them from the log. */
@Injectable()
export class PendingRequests {
  private readonly pending = new Map<string, OfferedRequest>();
  private readonly watchers = new Set<(change: OfferChange) => void>();

  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  get size(): number {
    return this.pending.size;
  }

  /** Takes those that waited when the log was read last. */
  restore(requests: Iterable<OfferedRequest>): void {
    for (const request of requests) this.pending.set(request.msgId, request);
  }

  find(msgId: string): OfferedRequest | undefined {
    return this.pending.get(msgId);
  }

  /** Oldest first. */
  all(): readonly OfferedRequest[] {
    return [...this.pending.values()];
  }

  /** Whether nobody else has the request for itself now. */
  isFree({ claim }: OfferedRequest, responder: string): boolean {
    return claim === undefined || claim.responder === responder || Date.parse(claim.leaseUntil) <= this.clock.now();
  }

  /** Returns the way to stop watching. */
  watch(watcher: (change: OfferChange) => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  /** Takes an event into account. Harmless when repeated. */
  apply(event: ChargeBoxEvent, identity: string, position: Position): void {
    switch (event.type) {
      case 'RequestDelegated':
        return this.offer({ ...event.data, identity, position });
      case 'RequestClaimed':
        return this.claim(event.data.msgId, event.data);
      case 'RequestReleased':
        return this.release(event.data.msgId);
      case 'RequestAnswered':
        return this.settle(event.data.msgId, 'answered');
      case 'RequestExpired':
        return this.settle(event.data.msgId, 'expired');
      case 'RequestInterrupted':
        return event.data.reason === 'restarted' ? this.settle(event.data.msgId, 'interrupted') : undefined;
      default:
    }
  }

  private offer(request: OfferedRequest): void {
    if (this.pending.has(request.msgId)) return;
    this.pending.set(request.msgId, request);
    this.tell({ kind: 'offered', request });
  }

  private claim(
    msgId: string,
    { responder, leaseUntil }: { readonly responder: string; readonly leaseUntil: string },
  ): void {
    const known = this.pending.get(msgId);
    if (known === undefined) return;
    const request = { ...known, claim: { responder, leaseUntil } };
    this.pending.set(msgId, request);
    this.tell({ kind: 'claimed', request });
  }

  private release(msgId: string): void {
    const known = this.pending.get(msgId);
    if (known === undefined) return;
    const { claim: _claim, ...request } = known;
    this.pending.set(msgId, request);
    this.tell({ kind: 'offered', request });
  }

  private settle(msgId: string, as: string): void {
    const request = this.pending.get(msgId);
    if (request === undefined) return;
    this.pending.delete(msgId);
    this.tell({ kind: 'settled', request, as });
  }

  private tell(change: OfferChange): void {
    for (const watcher of this.watchers) watcher(change);
  }
}
