import type { ChargePointOperation, ChargePointRequest } from '@app/ocpp';

const later = '2099-01-01T00:00:00Z';

/** One request for each of the fifteen operations. */
export const operationRequests: { readonly [Name in ChargePointOperation]: ChargePointRequest<Name> } = {
  CancelReservation: { reservationId: 99 },
  ChangeAvailability: { connectorId: 2, type: 'Inoperative' },
  ChangeConfiguration: { key: 'HeartBeatInterval', value: '60' },
  ClearCache: {},
  DataTransfer: { vendorId: 'org.example.simulator', data: 'a & b' },
  GetConfiguration: { key: ['HeartBeatInterval', 'Nothing'] },
  GetDiagnostics: { location: 'ftp://127.0.0.1/' },
  GetLocalListVersion: {},
  RemoteStartTransaction: { idTag: 'CARD', connectorId: 1 },
  RemoteStopTransaction: { transactionId: 4_711 },
  ReserveNow: { connectorId: 1, expiryDate: later, idTag: 'CARD', reservationId: 1 },
  Reset: { type: 'Soft' },
  SendLocalList: {
    updateType: 'Full',
    listVersion: 3,
    localAuthorisationList: [{ idTag: 'CARD', idTagInfo: { status: 'Accepted' } }],
  },
  UnlockConnector: { connectorId: 1 },
  UpdateFirmware: { retrieveDate: later, location: 'ftp://127.0.0.1/2.0.0' },
};
