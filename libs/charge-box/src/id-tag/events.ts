import type { DomainEvent } from '@app/kernel';

/** What the operator knows of an idTag. */
export interface IdTagDetails {
  /** As the operator wrote it; compared without regard to letter case. */
  readonly idTag: string;
  readonly parentIdTag?: string;
  /** From this moment on the tag is `Expired`; ISO 8601 in UTC. */
  readonly expiryDate?: string;
  readonly blocked: boolean;
  /** May take part in several transactions at once. */
  readonly concurrentTransactions: boolean;
  readonly note?: string;
}

/** Everything that can have happened to an idTag. */
export type IdTagEvent =
  | DomainEvent<'IdTagSaved', IdTagDetails & { readonly at: string }>
  | DomainEvent<'IdTagRemoved', { readonly idTag: string; readonly at: string }>;

/** Current schema version of each event type's data. */
export const idTagEventSchemas: Readonly<Record<IdTagEvent['type'], number>> = { IdTagSaved: 1, IdTagRemoved: 1 };
