import type { CentralSystemOperation } from '@app/ocpp';
import type { Answerer } from './events';
import type { Answering } from './service/events';

type ByOperation<Value> = Readonly<Partial<Record<CentralSystemOperation, Value>>>;

/** A change by operation: what is absent stays as it is, null takes it away. */
export type ChangeByOperation<Value> = { readonly [Name in CentralSystemOperation]?: Value | null | undefined };
export type AnswersChange = ChangeByOperation<Answerer>;

/** What changes of the rules for all boxes. */
export interface AnsweringChange {
  readonly answers?: AnswersChange | undefined;
  readonly respondWithin?: ChangeByOperation<number> | undefined;
  readonly offer?: Answering['offer'] | undefined;
  readonly lease?: number | undefined;
}

export function changedByOperation<Value>(
  before: ByOperation<Value> = {},
  change: ChangeByOperation<Value> = {},
): ByOperation<Value> {
  const defined = Object.entries(change).filter(([, value]) => value !== undefined);
  const entries = Object.entries({ ...before, ...Object.fromEntries(defined) });
  return Object.fromEntries(entries.filter(([, value]) => value !== null));
}

export function changedAnswering(rules: Answering, change: AnsweringChange): Answering {
  return {
    answers: changedByOperation(rules.answers, change.answers),
    respondWithin: changedByOperation(rules.respondWithin, change.respondWithin),
    offer: change.offer ?? rules.offer,
    lease: change.lease ?? rules.lease,
  };
}
