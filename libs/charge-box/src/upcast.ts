import type { DomainEvent, RecordedEvent } from '@app/kernel';
import type { ChargeBoxEvent, ChargeBoxEventType } from './events';

type Upcaster = (data: object) => object;

/** For each event type the steps from one schema version to the next: the first leads from 1 to 2. Every shape so far is current. */
const upcasters: Partial<Record<ChargeBoxEventType, readonly Upcaster[]>> = {};

/** A stored event in the shape that the code knows. */
export function upcast(event: RecordedEvent): ChargeBoxEvent {
  const steps = upcasters[event.type as ChargeBoxEventType] ?? [];
  return raise(event, event.metadata.schema, steps) as ChargeBoxEvent;
}

/** Applies the steps that a version still lacks. */
export function raise({ type, data }: DomainEvent, schema: number, steps: readonly Upcaster[]): DomainEvent {
  return { type, data: steps.slice(schema - 1).reduce((shape, step) => step(shape), data) };
}
