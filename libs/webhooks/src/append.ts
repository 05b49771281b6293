import type { WebhookEvent } from '@app/charge-box';
import { webhookEventSchemas } from '@app/charge-box';
import type { Appended, EventStore, ExpectedRevision } from '@app/kernel';
import { randomUUID } from 'node:crypto';

/** Who caused a change; the service itself where nobody is named. */
export interface WebhookOrigin {
  readonly requestId: string;
  readonly remoteAddress?: string;
}

export type StreamState = { readonly stream: string; readonly expected: ExpectedRevision };

export function appendTo(
  store: EventStore,
  { stream, expected }: StreamState,
  event: WebhookEvent,
  origin?: WebhookOrigin,
): Promise<Appended> {
  const { type, data } = event;
  const id = randomUUID();
  const metadata = {
    schema: webhookEventSchemas[type],
    correlationId: origin?.requestId ?? id,
    causationId: origin?.requestId ?? id,
    actor: origin === undefined ? 'system' : 'operator',
    receivedAt: data.at,
    ...(origin?.remoteAddress === undefined ? {} : { remoteAddress: origin.remoteAddress }),
  };
  return store.append(stream, [{ id, type, data, metadata }], expected);
}
