import type { EventFilter, RecordedEvent } from '@app/kernel';
import type { EventText } from './event-text';
import { positionText } from './position';

/** An event in memory as it would be in a file: reading it makes a new value each time. */
export interface StoredEvent extends EventText {
  readonly stream: string;
  readonly revision: number;
  readonly position: number;
  readonly recordedAt: number;
}

export function recorded(event: StoredEvent): RecordedEvent {
  return {
    id: event.id,
    type: event.type,
    stream: event.stream,
    revision: event.revision,
    position: positionText(event.position),
    recordedAt: new Date(event.recordedAt).toISOString(),
    data: JSON.parse(event.data) as object,
    metadata: JSON.parse(event.metadata) as RecordedEvent['metadata'],
  };
}

export function matches(event: StoredEvent, { types, streamPrefixes }: EventFilter = {}): boolean {
  if (types && !types.includes(event.type)) return false;
  return !streamPrefixes || streamPrefixes.some((prefix) => event.stream.startsWith(prefix));
}
