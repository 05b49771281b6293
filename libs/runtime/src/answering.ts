import type { Answers } from '@app/charge-box';
import type { CentralSystemOperation } from '@app/ocpp';

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

export const automaticAnswering: Answering = { answers: {}, respondWithin: {}, offer: 'competing', lease: 30 };
