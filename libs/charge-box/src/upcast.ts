import type { EventShapes, RecordedEvent } from '@app/kernel';
import { lifted } from '@app/kernel';
import type { ChargeBoxEvent } from './events';
import { chargeBoxEventSchemas } from './events';
import type { IdTagEvent } from './id-tag/events';
import { idTagEventSchemas } from './id-tag/events';
import type { PresetEvent } from './preset/events';
import { presetEventSchemas } from './preset/events';
import type { ServiceEvent } from './service/events';
import { serviceEventSchemas } from './service/events';
import { upcasters } from './upcasters';
import type { WebhookEvent } from './webhook/events';
import { webhookEventSchemas } from './webhook/events';

/** Everything that is stored for ever. Snapshots are not: see `stateSchema`. */
export type StoredEvent = ChargeBoxEvent | IdTagEvent | PresetEvent | ServiceEvent | WebhookEvent;

/** Current schema version of the data of every type of event. */
export const eventSchemas: Readonly<Record<StoredEvent['type'], number>> = {
  ...chargeBoxEventSchemas,
  ...idTagEventSchemas,
  ...presetEventSchemas,
  ...serviceEventSchemas,
  ...webhookEventSchemas,
};

export const isKnownType = (type: string): type is StoredEvent['type'] => Object.hasOwn(eventSchemas, type);

const shapes: EventShapes = { schemas: eventSchemas, upcasters };

/**
 * A stored event in the shape that the code knows; the reader vouches for the stream. Every reader of `data` reads it through this. Throws
 * `event-newer` for a type or a version of a later program, so that it is not misread.
 */
export function upcast<Event extends StoredEvent = ChargeBoxEvent>(event: RecordedEvent): RecordedEvent & Event {
  return lifted(event, shapes) as RecordedEvent & Event;
}
