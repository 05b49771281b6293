import { attributedText, ciString, instant, oneOf, openTo, optional, struct } from '../schema';

// OCPP 1.5, sections 7.x, and the simple and complex types of the WSDL.

export const idToken = ciString('IdToken', 20);

export const authorizationStatus = oneOf(
  'AuthorizationStatus',
  'Accepted',
  'Blocked',
  'Expired',
  'Invalid',
  'ConcurrentTx',
);
export const availabilityStatus = oneOf('AvailabilityStatus', 'Accepted', 'Rejected', 'Scheduled');
export const availabilityType = oneOf('AvailabilityType', 'Inoperative', 'Operative');
export const cancelReservationStatus = oneOf('CancelReservationStatus', 'Accepted', 'Rejected');
export const chargePointErrorCode = oneOf(
  'ChargePointErrorCode',
  'ConnectorLockFailure',
  'HighTemperature',
  'Mode3Error',
  'NoError',
  'PowerMeterFailure',
  'PowerSwitchFailure',
  'ReaderFailure',
  'ResetFailure',
  'GroundFailure',
  'OverCurrentFailure',
  'UnderVoltage',
  'WeakSignal',
  'OtherError',
);
export const chargePointStatus = oneOf(
  'ChargePointStatus',
  'Available',
  'Occupied',
  'Faulted',
  'Unavailable',
  'Reserved',
);
export const clearCacheStatus = oneOf('ClearCacheStatus', 'Accepted', 'Rejected');
export const configurationStatus = oneOf('ConfigurationStatus', 'Accepted', 'Rejected', 'NotSupported');
export const dataTransferStatus = oneOf(
  'DataTransferStatus',
  'Accepted',
  'Rejected',
  'UnknownMessageId',
  'UnknownVendorId',
);
export const diagnosticsStatus = oneOf('DiagnosticsStatus', 'Uploaded', 'UploadFailed');
export const firmwareStatus = oneOf(
  'FirmwareStatus',
  'Downloaded',
  'DownloadFailed',
  'InstallationFailed',
  'Installed',
);
export const location = oneOf('Location', 'Inlet', 'Outlet', 'Body');
export const measurand = oneOf(
  'Measurand',
  'Energy.Active.Export.Register',
  'Energy.Active.Import.Register',
  'Energy.Reactive.Export.Register',
  'Energy.Reactive.Import.Register',
  'Energy.Active.Export.Interval',
  'Energy.Active.Import.Interval',
  'Energy.Reactive.Export.Interval',
  'Energy.Reactive.Import.Interval',
  'Power.Active.Export',
  'Power.Active.Import',
  'Power.Reactive.Export',
  'Power.Reactive.Import',
  'Current.Export',
  'Current.Import',
  'Voltage',
  'Temperature',
);
export const readingContext = oneOf(
  'ReadingContext',
  'Interruption.Begin',
  'Interruption.End',
  'Sample.Clock',
  'Sample.Periodic',
  'Transaction.Begin',
  'Transaction.End',
);
export const registrationStatus = oneOf('RegistrationStatus', 'Accepted', 'Rejected');
export const remoteStartStopStatus = oneOf('RemoteStartStopStatus', 'Accepted', 'Rejected');
export const reservationStatus = oneOf(
  'ReservationStatus',
  'Accepted',
  'Faulted',
  'Occupied',
  'Rejected',
  'Unavailable',
);
export const resetStatus = oneOf('ResetStatus', 'Accepted', 'Rejected');
export const resetType = oneOf('ResetType', 'Hard', 'Soft');
export const unitOfMeasure = oneOf(
  'UnitOfMeasure',
  'Wh',
  'kWh',
  'varh',
  'kvarh',
  'W',
  'kW',
  'var',
  'kvar',
  'Amp',
  'Volt',
  'Celsius',
);
export const unlockStatus = oneOf('UnlockStatus', 'Accepted', 'Rejected');
export const updateStatus = oneOf('UpdateStatus', 'Accepted', 'Failed', 'HashError', 'NotSupported', 'VersionMismatch');
export const updateType = oneOf('UpdateType', 'Differential', 'Full');
export const valueFormat = oneOf('ValueFormat', 'Raw', 'SignedData');

export const idTagInfo = struct(
  { status: authorizationStatus, expiryDate: optional(instant), parentIdTag: optional(idToken) },
  'IdTagInfo',
);

/** With `idTagInfo`: add or replace the entry of a local list; without: delete it. */
export const authorisationData = struct({ idTag: idToken, idTagInfo: optional(idTagInfo) }, 'AuthorisationData');

/** One reading. Absent attributes have the meaning that `meterReadingDefaults` gives them. */
export const meterReading = attributedText({
  context: openTo(readingContext),
  format: openTo(valueFormat),
  measurand: openTo(measurand),
  location: openTo(location),
  unit: openTo(unitOfMeasure),
});

/** Meaning of absent attributes of a reading (OCPP 1.5, 7.27). The unit is known only for energy. */
export const meterReadingDefaults = {
  context: 'Sample.Periodic',
  format: 'Raw',
  measurand: 'Energy.Active.Import.Register',
  location: 'Outlet',
} as const;
