import type { ChargePointOperation, ChargePointRequest, ChargePointResponse } from '@app/ocpp';
import type { ChargeBoxEvent } from '../events';
import { afterListAnswer } from './local-list';
import type { Evidence, OutboundState } from './state';

/** A response of the box, with what it answers. */
export interface Answered<Name extends ChargePointOperation> {
  readonly request: ChargePointRequest<Name>;
  readonly response: ChargePointResponse<Name>;
  readonly box: OutboundState;
  readonly callId: string;
  readonly at: string;
}

interface Outbound<Name extends ChargePointOperation = ChargePointOperation> {
  /** Sending it again changes nothing, so it is repeated when no answer came (OCPP 1.5, 4.1.2). */
  readonly repeatable: (request: ChargePointRequest<Name>) => boolean;
  /** What follows from the response. */
  readonly after?: (answered: Answered<Name>) => readonly ChargeBoxEvent[];
  /** Whether this response means that the box will do something that shows. */
  readonly promises?: (response: ChargePointResponse<Name>) => boolean;
  readonly evidence?: (event: ChargeBoxEvent, request: ChargePointRequest<Name>) => Evidence | undefined;
}

const outbound = <Name extends ChargePointOperation>(operation: Outbound<Name>): Outbound<Name> => operation;

const always = () => true;
const never = () => false;
const isAccepted = ({ status }: { readonly status: string }) => status === 'Accepted';
const sameTag = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();

/** What each operation means once it is sent: what may be repeated, what follows, and what shows that it took effect. */
export const outboundOperations = {
  CancelReservation: outbound<'CancelReservation'>({
    repeatable: never,
    // `Rejected` means that the box knows no such reservation: then ours is over as well.
    after: ({ request: { reservationId }, response: { status }, box, at }) =>
      box.reservations.some((reservation) => reservation.reservationId === reservationId)
        ? [
            {
              type: 'ReservationEnded',
              data: { reservationId, reason: status === 'Accepted' ? 'cancelled' : 'unknown-to-charge-box', at },
            },
          ]
        : [],
  }),
  ChangeAvailability: outbound<'ChangeAvailability'>({
    repeatable: always,
    after: ({ request: { connectorId, type }, response: { status }, callId, at }) => [
      { type: 'AvailabilityChangeAnswered', data: { callId, connectorId, type, status, at } },
    ],
    promises: ({ status }) => status !== 'Rejected',
    evidence: (event, { connectorId, type }) => {
      if (event.type !== 'ConnectorStatusReported' || event.data.connectorId !== connectorId) return undefined;
      const isDone = (event.data.status === 'Unavailable') === (type === 'Inoperative');
      return isDone ? { status: event.data.status, connectorId } : undefined;
    },
  }),
  ChangeConfiguration: outbound<'ChangeConfiguration'>({
    repeatable: always,
    after: ({ request: { key, value }, response: { status }, callId, at }) => [
      { type: 'ConfigurationChangeAnswered', data: { callId, key, value, status, at } },
    ],
  }),
  ClearCache: outbound<'ClearCache'>({ repeatable: always }),
  DataTransfer: outbound<'DataTransfer'>({ repeatable: never }),
  GetConfiguration: outbound<'GetConfiguration'>({
    repeatable: always,
    after: ({ request: { key }, response: { configurationKey = [], unknownKey = [] }, callId, at }) => [
      {
        type: 'ConfigurationRead',
        data: {
          callId,
          configurationKey,
          unknownKey,
          ...(key === undefined || key.length === 0 ? {} : { asked: key }),
          at,
        },
      },
    ],
  }),
  GetDiagnostics: outbound<'GetDiagnostics'>({
    repeatable: never,
    promises: ({ fileName }) => fileName !== undefined && fileName !== '',
    evidence: (event) =>
      event.type === 'DiagnosticsStatusReported'
        ? { status: event.data.status, ...(event.data.status === 'Uploaded' ? {} : { failed: true as const }) }
        : undefined,
  }),
  GetLocalListVersion: outbound<'GetLocalListVersion'>({
    repeatable: always,
    after: ({ response: { listVersion }, callId, at }) => [
      { type: 'LocalListVersionRead', data: { callId, listVersion, at } },
    ],
  }),
  RemoteStartTransaction: outbound<'RemoteStartTransaction'>({
    repeatable: never,
    promises: isAccepted,
    evidence: (event, { idTag, connectorId }) => {
      if (event.type !== 'TransactionStarted' || !sameTag(event.data.idTag, idTag)) return undefined;
      if (connectorId !== undefined && event.data.connectorId !== connectorId) return undefined;
      return { transactionId: event.data.transactionId, connectorId: event.data.connectorId };
    },
  }),
  RemoteStopTransaction: outbound<'RemoteStopTransaction'>({
    repeatable: never,
    promises: isAccepted,
    evidence: (event, { transactionId }) =>
      event.type === 'TransactionStopped' && event.data.transactionId === transactionId ? { transactionId } : undefined,
  }),
  ReserveNow: outbound<'ReserveNow'>({
    // The same reservationId replaces the reservation by itself.
    repeatable: always,
    after: ({ request, response: { status }, box, callId, at }) => {
      if (status !== 'Accepted') return [];
      const { reservationId, connectorId, idTag, parentIdTag, expiryDate } = request;
      const replaces = box.reservations.some((reservation) => reservation.reservationId === reservationId);
      const parent = parentIdTag === undefined ? {} : { parentIdTag };
      return [
        ...(replaces
          ? [{ type: 'ReservationEnded' as const, data: { reservationId, reason: 'replaced' as const, at } }]
          : []),
        { type: 'ReservationMade', data: { callId, reservationId, connectorId, idTag, ...parent, expiryDate, at } },
      ];
    },
    promises: isAccepted,
    evidence: (event, { reservationId, connectorId }) => {
      if (event.type === 'ReservationUsed' && event.data.reservationId === reservationId)
        return { transactionId: event.data.transactionId };
      const isReserved = event.type === 'ConnectorStatusReported' && event.data.status === 'Reserved';
      return isReserved && event.data.connectorId === connectorId ? { status: 'Reserved', connectorId } : undefined;
    },
  }),
  Reset: outbound<'Reset'>({
    repeatable: never,
    promises: isAccepted,
    evidence: (event) => (event.type === 'ChargeBoxBooted' ? {} : undefined),
  }),
  SendLocalList: outbound<'SendLocalList'>({
    repeatable: ({ updateType }) => updateType === 'Full',
    after: ({ request, response: { status }, box, callId, at }) => {
      const { listVersion, updateType, localAuthorisationList = [] } = request;
      const entries = localAuthorisationList.length;
      return [
        { type: 'LocalListAnswered', data: { callId, listVersion, updateType, status, entries, at } },
        ...afterListAnswer(request, status, box, at),
      ];
    },
    evidence: (event, { listVersion }) =>
      event.type === 'LocalListVersionRead' && event.data.listVersion === listVersion ? {} : undefined,
  }),
  UnlockConnector: outbound<'UnlockConnector'>({
    repeatable: never,
    // A transaction on the connector is stopped first (OCPP 1.5, 5.14).
    evidence: (event, { connectorId }) =>
      event.type === 'TransactionStopped' && event.data.connectorId === connectorId
        ? { transactionId: event.data.transactionId, connectorId }
        : undefined,
  }),
  UpdateFirmware: outbound<'UpdateFirmware'>({
    repeatable: never,
    promises: always,
    evidence: (event) => {
      if (event.type !== 'FirmwareStatusReported') return undefined;
      const { status } = event.data;
      if (status === 'Downloaded') return { status, interim: true };
      return status === 'Installed' ? { status } : { status, failed: true };
    },
  }),
} as const satisfies { readonly [Name in ChargePointOperation]: Outbound<Name> };

/** How an operation behaves, for code that learns its name at run time. */
export function outboundOperation(name: ChargePointOperation): Outbound {
  return outboundOperations[name];
}

// What a box does so long after an operation has other reasons.
const relevance = 24 * 3_600_000;

/** Whether what happens at a time may still come of an operation that was sent at another. */
export function isRelevant(sentAt: string, at: string): boolean {
  return Date.parse(at) - Date.parse(sentAt) < relevance;
}

/** What an event shows about an operation that was sent, if anything. */
export function evidenceFor(
  { operation, request }: { readonly operation: ChargePointOperation; readonly request: object },
  event: ChargeBoxEvent,
): Evidence | undefined {
  return outboundOperation(operation).evidence?.(event, request);
}
