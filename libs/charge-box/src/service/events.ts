import type { DomainEvent } from '@app/kernel';
import type { CentralSystemOperation } from '@app/ocpp';
import type { Answers } from '../events';
import type { ListEntry } from '../outbound/local-list';

/** Who answers the requests of all boxes that have no rule of their own, and how requests are offered outside. */
export interface Answering {
  readonly answers: Answers;
  /** Seconds that somebody outside has, by operation; the RESPONSE_DEADLINE where none is named. */
  readonly respondWithin: Readonly<Partial<Record<CentralSystemOperation, number>>>;
  /** `competing`: each request goes to one responder at a time. `broadcast`: to all, and the first valid answer wins. */
  readonly offer: 'competing' | 'broadcast';
  /** Seconds that a responder has a request for itself. */
  readonly lease: number;
}

/** What the service records about itself, for all boxes. */
export type ServiceEvent =
  | DomainEvent<'TransactionIdsReserved', { readonly first: number; readonly last: number; readonly at: string }>
  /** In the stream of claims: ids that are spoken for, one that a responder chose or a block of ours. */
  | DomainEvent<
      'TransactionIdsClaimed',
      {
        readonly first: number;
        readonly last: number;
        readonly by: 'responder' | 'block';
        /** The request that a responder's id is for. */
        readonly msgId?: string;
        /** The start that it is for, which may be requested again. */
        readonly start?: string;
        readonly at: string;
      }
    >
  | DomainEvent<'LocalListEntriesStored', { readonly entries: readonly ListEntry[]; readonly at: string }>
  | DomainEvent<'AnsweringChanged', Answering & { readonly at: string }>;

export type ServiceEventOf<Type extends ServiceEvent['type']> = Extract<ServiceEvent, { type: Type }>;

/** Current schema version of each event type's data. */
export const serviceEventSchemas: Readonly<Record<ServiceEvent['type'], number>> = {
  TransactionIdsReserved: 1,
  TransactionIdsClaimed: 2,
  LocalListEntriesStored: 1,
  AnsweringChanged: 1,
};
