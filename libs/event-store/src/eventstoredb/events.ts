import type { EventFilter, EventMetadata, RecordedEvent } from '@app/kernel';
import { createHash } from 'node:crypto';
import type { EventText } from '../event-text';
import type { StreamNames } from './names';
import type { LogPosition } from './positions';
import { textOf } from './positions';

/** An event as the client takes it. */
export interface Proposed {
  readonly id: string;
  readonly contentType: 'application/json';
  readonly type: string;
  readonly data: object;
  readonly metadata: object;
}

/** An event as the client gives it. */
export interface Given {
  readonly id: string;
  readonly streamId: string;
  readonly revision: bigint;
  readonly type: string;
  readonly data: unknown;
  readonly metadata: unknown;
  readonly created: Date;
  readonly position?: LogPosition | undefined;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The id that an event has in EventStoreDB, which takes UUIDs alone: any other becomes one made of it (RFC 9562, version 8). */
export function storedId(id: string): string {
  if (uuid.test(id)) return id;
  const hash = createHash('sha256').update(id).digest('hex');
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-a${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}

/** `$correlationId` and `$causationId` are the names that the server understands. */
export function proposed({ id, type, data, metadata }: EventText): Proposed {
  const { correlationId, causationId, ...rest } = JSON.parse(metadata) as EventMetadata;
  const own = storedId(id) === id ? {} : { id };
  return {
    id: storedId(id),
    contentType: 'application/json',
    type,
    data: JSON.parse(data) as object,
    metadata: { ...rest, ...own, $correlationId: correlationId, $causationId: causationId },
  };
}

type StoredMetadata = Omit<EventMetadata, 'correlationId' | 'causationId'> & {
  readonly id?: string;
  readonly $correlationId: string;
  readonly $causationId: string;
};

export function recordedOf({ id, streamId, revision, type, data, metadata, created, position }: Given): RecordedEvent {
  const { id: own, $correlationId, $causationId, ...rest } = (metadata ?? {}) as StoredMetadata;
  return {
    id: own ?? id,
    type,
    stream: streamId,
    revision: Number(revision),
    position: position === undefined ? '' : textOf(position),
    recordedAt: created.toISOString(),
    data: data as object,
    metadata: { ...rest, correlationId: $correlationId, causationId: $causationId },
  };
}

/** Without the events of the system and of others, and with streams named as among us. */
export function ours(events: readonly Given[], names: StreamNames): readonly Given[] {
  return events.flatMap((event) => {
    const streamId = event.type.startsWith('$') ? undefined : names.ours(event.streamId);
    return streamId === undefined ? [] : [{ ...event, streamId }];
  });
}

export function passes({ type, streamId }: Given, { types, streamPrefixes }: EventFilter = {}): boolean {
  if (types && !types.includes(type)) return false;
  return !streamPrefixes || streamPrefixes.some((prefix) => streamId.startsWith(prefix));
}
