import type { AuthorizationStatus, IdTagInfo } from '@app/ocpp';
import type { IdTagDetails } from './events';

/** What a verdict on an idTag rests on. */
export interface Authorization {
  /** `undefined` when nobody knows the tag. */
  readonly tag: IdTagDetails | undefined;
  /** `open` accepts unknown tags. */
  readonly policy: 'known' | 'open';
  /** The moment that counts, ISO 8601 in UTC. */
  readonly at: string;
  readonly openTransactions: number;
  /** Only a start can meet a concurrent transaction (OCPP 1.5, 7.2). */
  readonly forStart: boolean;
}

/** The verdict: unknown, blocked, expired, busy elsewhere, else accepted. */
export function authorize({ tag, policy, at, openTransactions, forStart }: Authorization): IdTagInfo {
  if (tag === undefined) return { status: policy === 'open' ? 'Accepted' : 'Invalid' };
  const isBusy = forStart && openTransactions > 0;
  return { status: statusOf(tag, at, isBusy), ...infoOf(tag) };
}

function statusOf(
  { blocked, expiryDate, concurrentTransactions }: IdTagDetails,
  at: string,
  isBusy: boolean,
): AuthorizationStatus {
  if (blocked) return 'Blocked';
  if (expiryDate !== undefined && expiryDate <= at) return 'Expired';
  return isBusy && !concurrentTransactions ? 'ConcurrentTx' : 'Accepted';
}

function infoOf({ expiryDate, parentIdTag }: IdTagDetails): Omit<IdTagInfo, 'status'> {
  return { ...(expiryDate === undefined ? {} : { expiryDate }), ...(parentIdTag === undefined ? {} : { parentIdTag }) };
}
