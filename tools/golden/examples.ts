import type { Shape } from './shapes';
import { isChoice } from './shapes';

// Data of a shape, made up: full with everything that may be there, minimal without.

export type Extent = 'full' | 'minimal';
export const extents: readonly Extent[] = ['full', 'minimal'];

const noon = Date.UTC(2026, 2, 1, 12);
const isTime = /^(at|.*At|respondBy|leaseUntil|notBefore|.*Date|timestamp|silentSince|startTime|stopTime)$/;

/** What goes together in the history that examples follow; see `given.json`. */
const usual: Readonly<Record<string, unknown>> = {
  transactionId: 7,
  connectorId: 1,
  reservationId: 3,
  idTag: 'CARD-1',
  callId: 'call-1',
  msgId: 'msg-1',
  orphanId: 'orphan-1',
  listId: 'list-1',
  url: 'http://192.0.2.1:8080/',
  from: 'http://192.0.2.1:8080/',
  replyTo: 'http://192.0.2.1:8080/',
  remoteAddress: '192.0.2.1',
  timeZone: 'Europe/Amsterdam',
  addressOverride: 'http://192.0.2.9:8080/',
  value: '1234',
};

/** Members of which a shape does not say that they belong together, and what is new where others go on with what is there. */
const ofType: Readonly<Record<string, object>> = {
  TransactionStarted: { transactionId: 8 },
  OrphanStopReceived: { transactionId: 99, orphanId: 'orphan-2' },
  OperationScheduled: { callId: 'call-2', operation: 'Reset', request: { type: 'Soft' }, by: 'operator' },
  OperationAnswered: { response: { status: 'Accepted' } },
  RequestDelegated: { msgId: 'msg-2', operation: 'Authorize', request: { idTag: 'CARD-1' } },
  RequestAnswered: { operation: 'Authorize', response: { idTagInfo: { status: 'Accepted' } } },
  RequestExpired: { operation: 'Authorize' },
  LocalListWanted: { listId: 'list-2' },
  ReservationMade: { reservationId: 4 },
};

export function exampleOf(type: string, shape: Shape, extent: Extent): object {
  return { ...(made(shape, '', extent) as object), ...ofType[type] };
}

function made(shape: Shape, name: string, extent: Extent): unknown {
  if (typeof shape === 'string') return scalar(shape, name, extent);
  if (isChoice(shape)) return made(chosen(shape.anyOf, extent), name, extent);
  if (Array.isArray(shape)) return extent === 'full' ? [made((shape as readonly [Shape])[0], name, extent)] : [];
  const members = Object.entries(shape as Readonly<Record<string, Shape>>)
    .filter(([member]) => extent === 'full' || !/[?*]$/.test(member))
    .map(([member, inner]) => [member.replace(/[?*]$/, ''), inner] as const);
  return Object.fromEntries(members.map(([member, inner]) => [member, made(inner, member, extent)]));
}

function chosen(shapes: readonly Shape[], extent: Extent): Shape {
  const bySize = shapes.toSorted((one, other) => JSON.stringify(one).length - JSON.stringify(other).length);
  return (extent === 'full' ? bySize.at(-1) : bySize[0]) ?? 'string';
}

/** Members of different names have different values, so that none passes for another. */
const placeOf = (name: string): number => [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 997, 7);

function scalar(kinds: string, name: string, extent: Extent): unknown {
  if (Object.hasOwn(usual, name)) return usual[name];
  const all = kinds.split(' | ').filter((kind) => kind.startsWith("'"));
  const literal = extent === 'full' ? all.at(-1) : all[0];
  if (literal !== undefined) return literal.slice(1, -1);
  switch (kinds) {
    case 'boolean':
    case 'true':
      return true;
    case 'number':
      return 2 + placeOf(name);
    case 'object':
      return {};
    default:
      return isTime.test(name)
        ? new Date(noon + (name === 'at' ? 0 : placeOf(name) * 1_000)).toISOString()
        : `a ${name}`;
  }
}
