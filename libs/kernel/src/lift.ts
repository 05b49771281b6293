import { codedError } from './errors';
import type { RecordedEvent } from './event';

/** Leads the data of an event from one version of its shape to the next. */
export type Upcaster = (data: object) => object;

/** What is known of the shapes of events, by type. */
export interface EventShapes {
  /** Current version. */
  readonly schemas: Readonly<Record<string, number>>;
  /** By the version that each step leads from. */
  readonly upcasters: Readonly<Record<string, Readonly<Record<number, Upcaster>> | undefined>>;
}

/**
 * A stored event in the shape that the code knows, lifted version by version. Throws `event-newer` for what a later version of the program
 * stored, `event-unreadable` for a version that nothing leads on from.
 */
export function lifted(event: RecordedEvent, { schemas, upcasters }: EventShapes): RecordedEvent {
  const { type, metadata } = event;
  const current = Object.hasOwn(schemas, type) ? schemas[type] : undefined;
  if (metadata.schema === current) return event;
  if (current === undefined || metadata.schema > current) throw codedError('event-newer', placeOf(event));
  let { data } = event;
  for (let version = metadata.schema; version !== current; version += 1) {
    const step = upcasters[type]?.[version];
    if (step === undefined) throw codedError('event-unreadable', placeOf(event));
    data = step(data);
  }
  return { ...event, data, metadata: { ...metadata, schema: current } };
}

function placeOf({ type, stream, revision, metadata }: RecordedEvent): string {
  return `${type}, version ${metadata.schema}, is event ${revision} of ${stream}`;
}
