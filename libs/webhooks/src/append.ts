import type { WebhookEvent } from '@app/charge-box';
import { webhookEventSchemas } from '@app/charge-box';
import type { Appended, EventStore, EventToAppend, ExpectedRevision } from '@app/kernel';
import { randomUUID } from 'node:crypto';

/** Who caused a change; the service itself where nobody is named. */
export interface WebhookOrigin {
  readonly requestId: string;
  readonly remoteAddress?: string;
}

export type StreamState = { readonly stream: string; readonly expected: ExpectedRevision };

export const appendTo = (
  store: EventStore,
  state: StreamState,
  event: WebhookEvent,
  origin?: WebhookOrigin,
): Promise<Appended> => appendAll(store, state, [event], origin);

/** All of them or none. */
export function appendAll(
  store: EventStore,
  { stream, expected }: StreamState,
  events: readonly WebhookEvent[],
  origin?: WebhookOrigin,
): Promise<Appended> {
  return store.append(
    stream,
    events.map((event) => dressed(event, origin)),
    expected,
  );
}

function dressed({ type, data }: WebhookEvent, origin: WebhookOrigin | undefined): EventToAppend {
  const id = randomUUID();
  const metadata = {
    schema: webhookEventSchemas[type],
    correlationId: origin?.requestId ?? id,
    causationId: origin?.requestId ?? id,
    actor: origin === undefined ? 'system' : 'operator',
    receivedAt: data.at,
    ...(origin?.remoteAddress === undefined ? {} : { remoteAddress: origin.remoteAddress }),
  };
  return { id, type, data, metadata };
}
