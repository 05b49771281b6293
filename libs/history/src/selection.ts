import { eventSchemas } from '@app/charge-box';
import { sealType } from '@app/event-store';
import type { EventFilter, RecordedEvent } from '@app/kernel';
import { streamsOf } from './box-streams';
import type { Moment } from './moment';
import { isAfter, isBefore } from './moment';

/** Current schema version of every type of event that is kept for good. */
export const knownSchemas: Readonly<Record<string, number>> = { ...eventSchemas, [sealType]: 1 };

/** Taken now and then to begin from; of no worth by itself. */
export const snapshotType = 'SnapshotTaken';

/** Which events of a history are wanted: all parts that are given must match. */
export interface Selection {
  readonly boxes?: readonly string[] | undefined;
  readonly types?: readonly string[] | undefined;
  readonly transaction?: number | undefined;
  readonly since?: Moment | undefined;
  readonly until?: Moment | undefined;
}

/** The part of a selection that a store can see to. */
export function filterOf({ boxes, types }: Selection): EventFilter {
  return {
    ...(boxes === undefined ? {} : { streamPrefixes: boxes.flatMap(streamsOf) }),
    ...(types === undefined ? {} : { types }),
  };
}

/** Whether an event is wanted. */
export function selects(selection: Selection): (event: RecordedEvent) => boolean {
  const { boxes, types, transaction, since, until } = selection;
  const streams = boxes && new Set(boxes.flatMap(streamsOf));
  return (event) => {
    if (streams && !streams.has(event.stream)) return false;
    if (types && !types.includes(event.type)) return false;
    if (transaction !== undefined && !mentions(event, transaction)) return false;
    return !(since && isBefore(event, since)) && !(until && isAfter(event, until));
  };
}

interface Mentioning {
  readonly transactionId?: unknown;
  readonly supersedes?: readonly unknown[];
  readonly request?: Mentioning;
  readonly response?: Mentioning;
}

/** Whether an event is about a transaction: it names its id, itself or in the request or response that it holds. */
export function mentions({ data }: Pick<RecordedEvent, 'data'>, transactionId: number): boolean {
  const { supersedes, ...rest } = data as Mentioning;
  if (Array.isArray(supersedes) && supersedes.includes(transactionId)) return true;
  return [rest, rest.request, rest.response].some((part) => part?.transactionId === transactionId);
}
