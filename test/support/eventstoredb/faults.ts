import { Metadata, status } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';

/** What goes wrong, until it is taken back. Each is a behaviour that servers have shown. Numbers count down with each call that they hit. */
export interface Faults {
  /** Calls are taken and never answered. */
  silent?: boolean;
  /** So many appends land, and the connection breaks before their answer. */
  loseAnswers?: number;
  /** So many appends land and are never answered. */
  keepAnswers?: number;
  /** So many appends land and are answered as a conflict. */
  conflictAfterLanding?: number;
  /** So many calls are refused with this gRPC status. */
  refuse?: { code: status; message?: string; times: number };
  /** So many appends are refused by a follower, which names the leader. */
  notLeader?: number;
  /** Appends are refused as during an election: before a node is ready, without a leader, or by a node that is too busy. */
  election?: 'not-ready' | 'no-leader' | 'busy';
  /** Milliseconds between one event of a page and the next. */
  slowPages?: number;
  /** Everything is denied. */
  denied?: boolean;
  /** The question for the supported methods is denied, or never answered. */
  features?: 'denied' | 'silent';
  /** Live subscriptions stay open and say nothing more. */
  stalled?: boolean;
  /** Filtered subscriptions are told a checkpoint that is not theirs: the greatest number of 64 bits, or the end of the log. */
  wrongCheckpoint?: 'greatest' | 'end';
  /** The shared stream of batches is ended, with no error, at the first message. */
  endBatches?: boolean;
}

export type CountedFault = 'loseAnswers' | 'keepAnswers' | 'conflictAfterLanding' | 'notLeader';

/** True if the fault hits this call. */
export function hits(faults: Faults, fault: CountedFault): boolean {
  const left = faults[fault] ?? 0;
  if (left > 0) faults[fault] = left - 1;
  return left > 0;
}

/** An error with the trailers by which clients tell it: `exception` first. */
export function refusal(code: status, message: string, trailers: Record<string, string> = {}): ServiceError {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(trailers)) metadata.set(name, value);
  return Object.assign(new Error(message), { code, details: message, metadata });
}

export const streamDeleted = (stream: string): ServiceError =>
  refusal(status.FAILED_PRECONDITION, `Event stream '${stream}' is deleted.`, {
    exception: 'stream-deleted',
    'stream-name': stream,
  });

export const tooLarge = (most: number): ServiceError =>
  refusal(status.INVALID_ARGUMENT, `Maximum Append Size of ${most} Exceeded.`, {
    exception: 'maximum-append-size-exceeded',
    'maximum-append-size': String(most),
  });

export const accessDenied = (): ServiceError =>
  refusal(status.PERMISSION_DENIED, 'Access Denied', { exception: 'access-denied' });

export const notAuthenticated = (): ServiceError => refusal(status.UNAUTHENTICATED, 'Unauthenticated');

export const notLeader = (host: string, port: number): ServiceError =>
  refusal(status.NOT_FOUND, 'Leader info available', {
    exception: 'not-leader',
    'leader-endpoint-host': host,
    'leader-endpoint-port': String(port),
  });

export const tooSlow = (): ServiceError =>
  refusal(status.ABORTED, 'Consumer too slow to handle event while live. Client resubscription required.');

export function duringElection(fault: NonNullable<Faults['election']>): ServiceError {
  if (fault === 'no-leader') return refusal(status.UNKNOWN, 'No leader info available in response');
  return refusal(status.UNAVAILABLE, fault === 'busy' ? 'Server Is Busy' : 'Server Is Not Ready');
}

/** The refusal that was asked for, as long as it lasts. */
export function refusalAskedFor({ refuse, denied }: Faults): ServiceError | undefined {
  if (denied) return accessDenied();
  if (refuse === undefined || refuse.times <= 0) return undefined;
  refuse.times -= 1;
  return refusal(refuse.code, refuse.message ?? 'refused');
}
