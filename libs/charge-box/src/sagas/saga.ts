import type { ChargeBoxEvent, ChargeBoxEventOf, ChargeBoxEventType } from '../events';

/** What is to be done about a charge box when a task falls due. Whether there is still anything to do, the charge box decides. */
export type Work =
  /** `contact`: the box has just shown itself. */
  | { readonly kind: 'dispatch'; readonly contact?: true }
  | { readonly kind: 'expire'; readonly callId: string }
  | { readonly kind: 'expire-reservation'; readonly reservationId: number }
  | { readonly kind: 'expire-request'; readonly msgId: string }
  | { readonly kind: 'converge-list' };

/** Something to do at a time. */
export interface Task {
  /** ISO 8601 in UTC. */
  readonly dueAt: string;
  readonly work: Work;
}

/** How an event changes the to-do list: what goes on, what comes off. */
export interface TaskChange {
  readonly key: string;
  /** Absent: the task comes off. */
  readonly task?: Task;
}

type React<Type extends ChargeBoxEventType> = (data: ChargeBoxEventOf<Type>['data']) => TaskChange | undefined;

/** A to-do list folded from events. No timer, no I/O, no store of its own: replay gives the list back, and what is overdue is due. */
export interface Saga {
  readonly name: string;
  readonly on: { readonly [Type in ChargeBoxEventType]?: React<Type> };
}

const add = (key: string, dueAt: string, work: Work): TaskChange => ({ key, task: { dueAt, work } });
const done = (key: string): TaskChange => ({ key });
const over = ({ callId }: { readonly callId: string }) => done(callId);
const settled = ({ msgId }: { readonly msgId: string }) => done(msgId);

/** An operation is sent when its time has come, and tried again when that time was put off. The box showing itself makes it sooner. */
const dispatch: Saga = {
  name: 'dispatch',
  on: {
    OperationScheduled: ({ callId, notBefore, at }) => add(callId, notBefore ?? at, { kind: 'dispatch' }),
    OperationDeferred: ({ callId, retryAt }) => add(callId, retryAt, { kind: 'dispatch' }),
    OperationSent: over,
    OperationExpired: over,
    OperationCancelled: over,
  },
};

/** An operation that is not sent in its time to live has expired. */
const timeToLive: Saga = {
  name: 'time-to-live',
  on: {
    OperationScheduled: ({ callId, expiresAt }) => add(callId, expiresAt, { kind: 'expire', callId }),
    OperationAnswered: over,
    OperationFaulted: over,
    OperationExpired: over,
    OperationCancelled: over,
  },
};

/** An operation that is not answered in time once it was sent has expired, or is tried again where that is safe. */
const answerDeadline: Saga = {
  name: 'answer-deadline',
  on: {
    OperationSent: ({ callId, respondBy }) => add(callId, respondBy, { kind: 'expire', callId }),
    OperationDeferred: over,
    OperationAnswered: over,
    OperationFaulted: over,
    OperationExpired: over,
  },
};

/** A request that nobody outside answers in time is answered by the built-in rules, or with a fault. */
const responseDeadline: Saga = {
  name: 'response-deadline',
  on: {
    RequestDelegated: ({ msgId, respondBy }) => add(msgId, respondBy, { kind: 'expire-request', msgId }),
    RequestAnswered: settled,
    RequestExpired: settled,
    RequestInterrupted: ({ msgId, reason }) => (reason === 'restarted' ? done(msgId) : undefined),
  },
};

/** A reservation ends by itself; the box need not say so (OCPP 1.5, 3.5). */
const reservationExpiry: Saga = {
  name: 'reservation-expiry',
  on: {
    ReservationMade: ({ reservationId, expiryDate }) =>
      add(String(reservationId), new Date(expiryDate).toISOString(), { kind: 'expire-reservation', reservationId }),
    ReservationEnded: ({ reservationId }) => done(String(reservationId)),
    ReservationUsed: ({ reservationId }) => done(String(reservationId)),
  },
};

const converge = ({ at }: { readonly at: string }) => add('list', at, { kind: 'converge-list' });

/** A charge box that has not the local list that is wanted gets what is missing, or the whole. */
const localList: Saga = {
  name: 'local-list',
  on: {
    LocalListWanted: converge,
    LocalListAnswered: converge,
    LocalListVersionRead: converge,
    OperationFaulted: converge,
    OperationExpired: converge,
    LocalListConfirmed: () => done('list'),
    LocalListGivenUp: () => done('list'),
  },
};

/** After these the next operation that waits may be sent. */
export const freesTheLine: ReadonlySet<ChargeBoxEventType> = new Set<ChargeBoxEventType>([
  'OperationAnswered',
  'OperationFaulted',
  'OperationExpired',
  'OperationCancelled',
]);

/** Every saga of the charge boxes. */
export const sagas: readonly Saga[] = [
  dispatch,
  timeToLive,
  answerDeadline,
  responseDeadline,
  reservationExpiry,
  localList,
];

/** Types of events that some saga reacts to. */
export const sagaTypes: readonly ChargeBoxEventType[] = [
  ...new Set(sagas.flatMap(({ on }) => Object.keys(on) as ChargeBoxEventType[])),
];

/** What an event changes on all to-do lists. Keys are told apart by saga and charge box. Throws for an event that is not what its type says. */
export function tasksOf(event: ChargeBoxEvent, identity: string): readonly TaskChange[] {
  return sagas.flatMap(({ name, on }) => {
    const react = on[event.type] as React<ChargeBoxEventType> | undefined;
    const change = react?.(event.data);
    return change === undefined ? [] : [{ ...change, key: `${name} ${change.key} ${identity}` }];
  });
}
