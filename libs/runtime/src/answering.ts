import type { Answering } from '@app/charge-box';

export const automaticAnswering: Answering = { answers: {}, respondWithin: {}, offer: 'competing', lease: 30 };
