import {
  ciString,
  expected,
  instant,
  int,
  intFrom,
  many,
  openTo,
  optional,
  some,
  struct,
  text,
  wattHours,
} from '../schema';
import type { OperationTable } from '../operation';
import {
  chargePointErrorCode,
  chargePointStatus,
  dataTransferStatus,
  diagnosticsStatus,
  firmwareStatus,
  idTagInfo,
  idToken,
  meterReading,
  registrationStatus,
} from './types';

/** Readings taken at one moment. */
export const meterValue = struct({ timestamp: expected(instant), value: some(meterReading) }, 'MeterValue');
export const transactionData = struct({ values: many(meterValue) }, 'TransactionData');

/** The operations that charge boxes call (OCPP 1.5, chapter 4; WSDL CentralSystemService). */
export const centralSystem = {
  Authorize: {
    doc: 'Asks whether an idTag may charge.',
    request: struct({ idTag: idToken }),
    response: struct({ idTagInfo }),
  },
  BootNotification: {
    doc: 'Tells that the charge box has started and what it is.',
    request: struct({
      chargePointVendor: ciString('ChargePointVendor', 20),
      chargePointModel: ciString('ChargePointModel', 20),
      chargePointSerialNumber: optional(ciString('ChargePointSerialNumber', 25)),
      chargeBoxSerialNumber: optional(ciString('ChargeBoxSerialNumber', 25)),
      firmwareVersion: optional(ciString('FirmwareVersion', 50)),
      iccid: optional(ciString('IccidString', 20)),
      imsi: optional(ciString('ImsiString', 20)),
      meterType: optional(ciString('MeterType', 25)),
      meterSerialNumber: optional(ciString('MeterSerialNumber', 25)),
    }),
    response: struct({ status: registrationStatus, currentTime: instant, heartbeatInterval: int }),
  },
  DataTransfer: {
    doc: 'Carries data of a vendor that OCPP has no message for.',
    request: struct({ vendorId: text(255), messageId: optional(text(50)), data: optional(text()) }),
    response: struct({ status: dataTransferStatus, data: optional(text()) }),
  },
  DiagnosticsStatusNotification: {
    doc: 'Reports how the upload of diagnostics ended.',
    request: struct({ status: openTo(diagnosticsStatus) }),
    response: struct({}),
  },
  FirmwareStatusNotification: {
    doc: 'Reports how far an update of the firmware has come.',
    request: struct({ status: openTo(firmwareStatus) }),
    response: struct({}),
  },
  Heartbeat: {
    doc: 'Says that the charge box is alive and asks for the time.',
    request: struct({}),
    response: struct({ currentTime: instant }),
  },
  MeterValues: {
    doc: 'Reports readings of a meter; connector 0 is the main meter.',
    request: struct({ connectorId: intFrom(0), transactionId: optional(int), values: many(meterValue) }),
    response: struct({}),
  },
  StartTransaction: {
    doc: 'Reports that energy has begun to flow.',
    request: struct({
      connectorId: intFrom(1),
      idTag: idToken,
      timestamp: expected(instant),
      meterStart: expected(wattHours),
      reservationId: optional(int),
    }),
    response: struct({ transactionId: int, idTagInfo }),
  },
  StatusNotification: {
    doc: 'Reports the state of a connector; connector 0 is the charge box itself.',
    request: struct({
      connectorId: intFrom(0),
      status: openTo(chargePointStatus),
      errorCode: openTo(chargePointErrorCode),
      info: optional(text(50)),
      timestamp: optional(instant),
      vendorId: optional(text(255)),
      vendorErrorCode: optional(text(50)),
    }),
    response: struct({}),
  },
  StopTransaction: {
    doc: 'Reports that a transaction has ended.',
    request: struct({
      transactionId: int,
      idTag: optional(idToken),
      timestamp: expected(instant),
      meterStop: expected(wattHours),
      transactionData: many(transactionData),
    }),
    response: struct({ idTagInfo: optional(idTagInfo) }),
  },
} as const satisfies OperationTable;
