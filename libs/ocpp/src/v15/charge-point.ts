import { boolean, instant, int, intFrom, many, optional, struct, text, uri } from '../schema';
import type { OperationTable } from '../operation';
import {
  authorisationData,
  availabilityStatus,
  availabilityType,
  cancelReservationStatus,
  clearCacheStatus,
  configurationStatus,
  dataTransferStatus,
  idToken,
  remoteStartStopStatus,
  reservationStatus,
  resetStatus,
  resetType,
  unlockStatus,
  updateStatus,
  updateType,
} from './types';

/** A configuration key as the charge box reports it; without value: known but not set. */
const keyValue = struct({ key: text(50), readonly: boolean, value: optional(text(500)) }, 'KeyValue');

/** The operations that the central system calls (OCPP 1.5, chapter 5; WSDL ChargePointService). */
export const chargePoint = {
  CancelReservation: {
    doc: 'Gives up a reservation.',
    request: struct({ reservationId: int }),
    response: struct({ status: cancelReservationStatus }),
  },
  ChangeAvailability: {
    doc: 'Takes a connector out of service or back; connector 0 is the whole charge point.',
    request: struct({ connectorId: intFrom(0), type: availabilityType }),
    response: struct({ status: availabilityStatus }),
  },
  ChangeConfiguration: {
    doc: 'Sets one configuration key.',
    request: struct({ key: text(50), value: text(500) }),
    response: struct({ status: configurationStatus }),
  },
  ClearCache: {
    doc: 'Empties the cache of authorizations.',
    request: struct({}),
    response: struct({ status: clearCacheStatus }),
  },
  DataTransfer: {
    doc: 'Carries data of a vendor that OCPP has no message for.',
    request: struct({ vendorId: text(255), messageId: optional(text(50)), data: optional(text()) }),
    response: struct({ status: dataTransferStatus, data: optional(text()) }),
  },
  GetConfiguration: {
    doc: 'Reads configuration keys; none named means all.',
    request: struct({ key: many(text(50)) }),
    response: struct({ configurationKey: many(keyValue), unknownKey: many(text(50)) }),
  },
  GetDiagnostics: {
    doc: 'Asks for an upload of diagnostics into a directory.',
    request: struct({
      location: uri,
      startTime: optional(instant),
      stopTime: optional(instant),
      retries: optional(int),
      retryInterval: optional(int),
    }),
    response: struct({ fileName: optional(text(255)) }),
  },
  GetLocalListVersion: {
    doc: 'Reads the version of the local list; 0 is an empty list, -1 no support.',
    request: struct({}),
    response: struct({ listVersion: int }),
  },
  RemoteStartTransaction: {
    doc: 'Asks the charge point to start a transaction for an idTag.',
    request: struct({ idTag: idToken, connectorId: optional(intFrom(1)) }),
    response: struct({ status: remoteStartStopStatus }),
  },
  RemoteStopTransaction: {
    doc: 'Asks the charge point to stop a transaction.',
    request: struct({ transactionId: int }),
    response: struct({ status: remoteStartStopStatus }),
  },
  ReserveNow: {
    doc: 'Reserves a connector for an idTag; connector 0 is any.',
    request: struct({
      connectorId: intFrom(0),
      expiryDate: instant,
      idTag: idToken,
      parentIdTag: optional(idToken),
      reservationId: int,
    }),
    response: struct({ status: reservationStatus }),
  },
  Reset: {
    doc: 'Restarts the charge point.',
    request: struct({ type: resetType }),
    response: struct({ status: resetStatus }),
  },
  SendLocalList: {
    doc: 'Replaces or changes the local list of idTags.',
    request: struct({
      updateType,
      listVersion: int,
      localAuthorisationList: many(authorisationData),
      hash: optional(text(64)),
    }),
    response: struct({ status: updateStatus, hash: optional(text(64)) }),
  },
  UnlockConnector: {
    doc: 'Opens the lock of a connector.',
    request: struct({ connectorId: intFrom(1) }),
    response: struct({ status: unlockStatus }),
  },
  UpdateFirmware: {
    doc: 'Asks the charge point to fetch and install firmware after a date.',
    request: struct({
      retrieveDate: instant,
      location: uri,
      retries: optional(int),
      retryInterval: optional(int),
    }),
    response: struct({}),
  },
} as const satisfies OperationTable;
