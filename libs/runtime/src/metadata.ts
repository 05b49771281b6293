import type { EventMetadata } from '@app/kernel';
import type { OperatorOrigin, RequestOrigin } from './commands';

export type Metadata = Omit<EventMetadata, 'schema'>;

/** Metadata of what an operator, or a saga for him, caused. */
export function metadataOfOperator(origin: OperatorOrigin, at: string): Metadata {
  return {
    correlationId: origin.requestId,
    causationId: origin.requestId,
    actor: origin.actor ?? 'operator',
    receivedAt: at,
    ...(origin.remoteAddress === undefined ? {} : { remoteAddress: origin.remoteAddress }),
  };
}

/** Metadata of what a request of a charge box caused. */
export function metadataOfRequest(origin: RequestOrigin): Metadata {
  return {
    correlationId: origin.requestId,
    causationId: origin.requestId,
    actor: 'charge-box',
    receivedAt: origin.at,
    remoteAddress: origin.remoteAddress,
    messageId: origin.messageId,
    quirks: origin.quirks.length === 0 ? undefined : origin.quirks,
  };
}
