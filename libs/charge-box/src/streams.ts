import { textKeyPrefix } from '@app/kernel';
import type { ChargeBoxEventType } from './events';

// The names of the streams. Identities are hostile text, so one function encodes them: letters, digits and `. _ -` stand
// for themselves, all else is `~` and the hexadecimal bytes of UTF-8. The outcome is reversible and never holds `/`, `:` or blanks.

const plain = /^[A-Za-z0-9._-]$/;

/** An identity as part of a stream name. Different identities never share an encoding. */
export function encodeIdentity(identity: string): string {
  if (/^[A-Za-z0-9._-]*$/.test(identity)) return identity;
  return Array.from(identity, (character) => (plain.test(character) ? character : hexOf(character))).join('');
}

function hexOf(character: string): string {
  return Array.from(new TextEncoder().encode(character), (byte) => `~${byte.toString(16).padStart(2, '0')}`).join('');
}

/** The identity that `encodeIdentity` made this of. */
export function decodeIdentity(encoded: string): string {
  if (!encoded.includes('~')) return encoded;
  return decodeURIComponent(encoded.replaceAll('%', '%25').replaceAll('~', '%'));
}

export const statePrefix = 'chargeBox-';
export const telemetryPrefix = 'chargeBoxTelemetry-';
export const heartbeatPrefix = 'chargeBoxHeartbeats-';
export const snapshotPrefix = 'chargeBoxSnapshot-';
export const idTagPrefix = 'idTag-';
/** Blocks of transaction ids handed out. */
export const transactionIdStream = 'transactionIds';
/** Which ids near one another are spoken for: blocks of ours, and single ids that responders chose. */
export const transactionIdClaimStream = (transactionId: number): string =>
  `transactionIdClaims-${Math.floor((transactionId - 1) / 1_000)}`;

export const presetPrefix = 'preset-';
/** A preset of what is sent to charge boxes. */
export const presetStream = (name: string): string => presetPrefix + encodeIdentity(name);

/** The entries of a local list, in order. */
export const localListStream = (listId: string): string => `localList-${encodeIdentity(listId)}`;

/** Who answers requests, for all boxes. */
export const answeringRulesStream = 'answeringRules';

/** Webhooks, all of them; every other stream of theirs begins with `webhook` too. */
export const webhookStream = 'webhooks';
const webhookProgressPrefix = 'webhookProgress-';
export const deadLetterPrefix = 'webhookDeadLetters-';
/** Up to where a webhook is told. */
export const webhookProgressStream = (id: string): string => webhookProgressPrefix + encodeIdentity(id);
/** Deliveries that were given up, the last ones. */
export const deadLetterStream = (id: string): string => deadLetterPrefix + encodeIdentity(id);
/** Which instance delivers. */
export const webhookLeaseStream = 'webhookLease';
export const isOfWebhooks = (stream: string): boolean => stream.startsWith('webhook');

/** Streams of no meaning to anybody outside: what a faster start is made of, and who does what up to where. */
export const isBookkeeping = (stream: string): boolean =>
  stream.startsWith(snapshotPrefix) || stream.startsWith(webhookProgressPrefix) || stream === webhookLeaseStream;

/** Streams that forget all but their last events. */
export const forgetsItsPast = (stream: string): boolean =>
  forgetful.some((prefix) => stream.startsWith(prefix)) ||
  stream === answeringRulesStream ||
  stream === webhookLeaseStream;

const forgetful = [heartbeatPrefix, snapshotPrefix, webhookProgressPrefix, deadLetterPrefix, textKeyPrefix];

/** What the decisions about a charge box need. */
export const stateStream = (identity: string): string => statePrefix + encodeIdentity(identity);
/** Its meter values, and counts of its deviations. */
export const telemetryStream = (identity: string): string => telemetryPrefix + encodeIdentity(identity);
/** Its last heartbeats. A stream of its own, because it forgets and meter values must not be forgotten. */
export const heartbeatStream = (identity: string): string => heartbeatPrefix + encodeIdentity(identity);
/** Its last snapshot; disposable. */
export const snapshotStream = (identity: string): string => snapshotPrefix + encodeIdentity(identity);
/** An idTag; its letter case does not count (OCPP 1.5, 7.20). */
export const idTagStream = (idTag: string): string => idTagPrefix + encodeIdentity(idTag.toLowerCase());

/** Which of a box's streams an event belongs to. */
export function streamOf(type: ChargeBoxEventType): 'state' | 'telemetry' | 'heartbeats' {
  if (type === 'MeterValuesReported' || type === 'QuirksNoted') return 'telemetry';
  return type === 'HeartbeatReceived' ? 'heartbeats' : 'state';
}

/** The identity of the charge box that a stream is about, `undefined` for other streams. */
export function identityOfStream(stream: string): string | undefined {
  const prefix = ofBoxes.find((candidate) => stream.startsWith(candidate));
  return prefix === undefined ? undefined : decodeIdentity(stream.slice(prefix.length));
}

const ofBoxes = [statePrefix, telemetryPrefix, heartbeatPrefix];
