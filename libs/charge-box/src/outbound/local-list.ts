import type { ChargePointRequest } from '@app/ocpp';
import type { ChargeBoxEvent } from '../events';
import type { OperatorDecision } from '../message';
import { cancelled } from './endings';
import type { OutboundMessage } from './message';
import type { OutboundState } from './state';

// How a charge box comes to have the local list that is wanted (OCPP 1.5, 4.1.3 and 5.12): the whole list first, in parts if it is large,
// and the whole again whenever the box says that something does not fit.

export type ListEntry = NonNullable<ChargePointRequest<'SendLocalList'>['localAuthorisationList']>[number];

/** The local list that a charge box shall have. */
export interface WantedList {
  readonly listId: string;
  /** How many there are. */
  readonly entries: number;
  /** Most that go into one message. */
  readonly chunk: number;
  /** Place of the first entry that the box has not got. */
  readonly next: number;
  /** Version that the next part gets. */
  readonly version: number;
  readonly failures: number;
  /** Version under which the box has the whole list. */
  readonly confirmed?: number;
  /** Why it will not get it. */
  readonly givenUp?: string;
}

/** Which entries go out next. */
export interface ListChunk {
  readonly listId: string;
  readonly from: number;
  readonly to: number;
}

export const listSaga = 'saga:local-list';
const mostFailures = 5;

/** The next part of the wanted list, unless one is on its way, or there is nothing to do. */
export function nextListChunk({ wantedList, waiting, sent }: OutboundState): ListChunk | undefined {
  if (wantedList === undefined || wantedList.confirmed !== undefined || wantedList.givenUp !== undefined)
    return undefined;
  if ([...waiting, ...(sent ? [sent] : [])].some(({ by }) => by === listSaga)) return undefined;
  const { listId, next, entries, chunk } = wantedList;
  return { listId, from: next, to: Math.min(entries, next + chunk) };
}

type Message<Kind extends OutboundMessage['kind']> = Extract<OutboundMessage, { kind: Kind }>;

export function wantList(
  { listId, entries, chunk, at }: Message<'want-local-list'>,
  box: OutboundState,
): OperatorDecision {
  const { localListVersion = 0, wantedList, waiting } = box;
  // A part of the former list may still be answered: it must not speak for this one.
  const version = Math.max(0, localListVersion, wantedList?.version ?? 0, ...versionsUnderWay(box)) + 1;
  const reason = 'Another list is wanted.';
  const replaced = waiting
    .filter(({ by }) => by === listSaga)
    .flatMap((call) => cancelled(call, { by: listSaga, reason, at }));
  const wanted: ChargeBoxEvent = { type: 'LocalListWanted', data: { listId, entries, chunk, version, at } };
  return { outcome: 'done', events: [...replaced, wanted] };
}

/** Versions of lists that are on their way to the box, whoever sends them. */
function versionsUnderWay({ waiting, sent }: OutboundState): readonly number[] {
  return [...waiting, ...(sent ? [sent] : [])].flatMap(({ operation, request }) =>
    operation === 'SendLocalList' ? [(request as ChargePointRequest<'SendLocalList'>).listVersion] : [],
  );
}

/** Schedules the next part, if it still is the next. */
export function sendListChunk(
  { listId, from, entries, callId, expiresAt, at }: Message<'send-list-chunk'>,
  box: OutboundState,
): OperatorDecision {
  const next = nextListChunk(box);
  if (next?.listId !== listId || next.from !== from || box.wantedList === undefined)
    return { outcome: 'done', events: [] };
  const request = {
    updateType: from === 0 ? ('Full' as const) : ('Differential' as const),
    listVersion: box.wantedList.version,
    ...(entries.length === 0 ? {} : { localAuthorisationList: entries }),
  };
  const call = { callId, operation: 'SendLocalList' as const, request, expiresAt, by: listSaga, at } as const;
  return { outcome: 'done', events: [{ type: 'OperationScheduled', data: call }] };
}

/** What an answer to SendLocalList means for the wanted list. */
export function afterListAnswer(
  { listVersion, localAuthorisationList = [] }: ChargePointRequest<'SendLocalList'>,
  status: string,
  { wantedList }: OutboundState,
  at: string,
): readonly ChargeBoxEvent[] {
  if (wantedList?.version !== listVersion || wantedList.givenUp !== undefined) return [];
  const { listId, next, entries, failures } = wantedList;
  if (status === 'Accepted') {
    const isWhole = next + localAuthorisationList.length >= entries;
    return isWhole ? [{ type: 'LocalListConfirmed', data: { listId, listVersion, at } }] : [];
  }
  if (status === 'NotSupported') return [givenUp(listId, 'The charge box keeps no local list.', at)];
  if (failures + 1 < mostFailures) return [];
  return [givenUp(listId, `The charge box answered ${status} to the last of ${mostFailures} attempts.`, at)];
}

/** The same for an operation of the saga that got no answer, or a fault. */
export function afterListFailure(
  by: string,
  { wantedList }: OutboundState,
  detail: string,
  at: string,
): readonly ChargeBoxEvent[] {
  if (by !== listSaga || wantedList === undefined || wantedList.failures + 1 < mostFailures) return [];
  return [givenUp(wantedList.listId, detail, at)];
}

function givenUp(listId: string, reason: string, at: string): ChargeBoxEvent {
  return { type: 'LocalListGivenUp', data: { listId, reason, at } };
}

/** The list begins anew, under a version that the box cannot have. */
export function restarted(list: WantedList, seen: number = list.version): WantedList {
  const { confirmed: _confirmed, ...rest } = list;
  return { ...rest, next: 0, version: Math.max(list.version, seen) + 1 };
}
