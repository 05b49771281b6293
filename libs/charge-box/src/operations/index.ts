import type { CentralSystemOperation } from '@app/ocpp';
import type { Inbound } from '../outcome';
import { answer, inbound } from '../outcome';
import { bootNotification } from './boot-notification';
import { meterValues } from './meter-values';
import { startTransaction } from './start-transaction';
import { statusNotification } from './status-notification';
import { stopTransaction } from './stop-transaction';

/** How each operation of an accepted charge box is decided. What decides nothing is one entry here. */
export const operations = {
  Authorize: inbound<'Authorize'>()({
    needs: ['authorization'],
    decide: ({ request: { idTag }, origin: { at }, facts: { authorization: idTagInfo } }) =>
      answer({ idTagInfo }, { type: 'IdTagAuthorized', data: { idTag, idTagInfo, at } }),
  }),
  BootNotification: bootNotification,
  DataTransfer: inbound<'DataTransfer'>()({
    needs: ['dataTransfer'],
    decide: ({ request, origin: { at }, facts: { dataTransfer } }) =>
      answer(dataTransfer, { type: 'DataTransferReceived', data: { ...request, answered: dataTransfer.status, at } }),
  }),
  DiagnosticsStatusNotification: inbound<'DiagnosticsStatusNotification'>()({
    needs: [],
    decide: ({ request: { status }, origin: { at } }) =>
      answer({}, { type: 'DiagnosticsStatusReported', data: { status, at } }),
  }),
  FirmwareStatusNotification: inbound<'FirmwareStatusNotification'>()({
    needs: [],
    decide: ({ request: { status }, origin: { at } }) =>
      answer({}, { type: 'FirmwareStatusReported', data: { status, at } }),
  }),
  Heartbeat: inbound<'Heartbeat'>()({
    needs: [],
    decide: ({ origin: { at } }) => answer({ currentTime: at }, { type: 'HeartbeatReceived', data: { at } }),
  }),
  MeterValues: meterValues,
  StartTransaction: startTransaction,
  StatusNotification: statusNotification,
  StopTransaction: stopTransaction,
} as const satisfies { readonly [Name in CentralSystemOperation]: Inbound<Name, never> | Inbound<Name> };
