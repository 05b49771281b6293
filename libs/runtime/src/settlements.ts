import type { ChargeBoxEvent, ChargeBoxEventOf, GivenAnswer } from '@app/charge-box';
import type { Position } from '@app/kernel';
import { ocppFault } from '@app/ocpp';
import { LRUCache } from 'lru-cache';

/** How something ended that somebody waits for: the answer to a pending request, or the end of an operation sent to a box. */
export interface Settlement {
  readonly answer?: GivenAnswer;
  readonly position?: Position;
}

type Waiter = (settlement: Settlement | undefined) => void;

/** The log may tell the end of a request before its box is known to wait for it: as many ends are remembered as come meanwhile. */
const remembered = { max: 2_000, ttl: 120_000 };

/** Who waits in this process for the end of what, by `msgId` or `callId`. */
export class Settlements {
  private readonly waiting = new Map<string, Set<Waiter>>();
  private readonly recent = new LRUCache<string, Settlement>(remembered);
  private ended = false;

  get size(): number {
    return this.waiting.size;
  }

  /** Resolves with the end, or with `undefined` after `patience` milliseconds or when the signal aborts. */
  wait(id: string, patience: number, signal?: AbortSignal): Promise<Settlement | undefined> {
    if (this.ended) return Promise.resolve(undefined);
    const known = this.recent.get(id);
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve) => {
      const waiters = this.waiting.get(id) ?? new Set<Waiter>();
      this.waiting.set(id, waiters);
      const leave = (settlement: Settlement | undefined) => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', giveUp);
        waiters.delete(leave);
        if (waiters.size === 0 && this.waiting.get(id) === waiters) this.waiting.delete(id);
        resolve(settlement);
      };
      const giveUp = () => leave(undefined);
      const timer = setTimeout(giveUp, patience).unref();
      signal?.addEventListener('abort', giveUp);
      waiters.add(leave);
      if (signal?.aborted) giveUp();
    });
  }

  isAwaited(id: string): boolean {
    return this.waiting.has(id);
  }

  /** Lets everybody go who still waits, and who comes later: this process ends. */
  end(): void {
    this.ended = true;
    for (const waiters of [...this.waiting.values()]) for (const leave of [...waiters]) leave(undefined);
  }

  settle(id: string, settlement: Settlement): void {
    this.recent.set(id, settlement);
    for (const leave of [...(this.waiting.get(id) ?? [])]) leave(settlement);
  }
}

/** Settles what an event ends. */
export function announceSettlement(settlements: Settlements, event: ChargeBoxEvent, position: Position): void {
  switch (event.type) {
    case 'RequestAnswered':
      return settlements.settle(event.data.msgId, { answer: { response: event.data.response }, position });
    case 'RequestExpired':
      return settlements.settle(event.data.msgId, { answer: expiryAnswer(event.data), position });
    case 'RequestInterrupted':
      if (event.data.reason === 'restarted') settlements.settle(event.data.msgId, { answer: restarting, position });
      return;
    case 'OperationAnswered':
    case 'OperationFaulted':
    case 'OperationExpired':
    case 'OperationCancelled':
      return settlements.settle(event.data.callId, { position });
    default:
  }
}

const restarting = ocppFault('InternalError', 'The service is being restarted. The request may be sent again.');

function expiryAnswer({ response }: ChargeBoxEventOf<'RequestExpired'>['data']): GivenAnswer {
  return response === undefined ? ocppFault('InternalError', 'Nobody answered the request in time.') : { response };
}
