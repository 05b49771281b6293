import type {
  CentralSystemOperation,
  CentralSystemRequest,
  ChargePointOperation,
  ChargePointRequest,
  ChargePointResponse,
} from '@app/ocpp';
import type { BoxMemory } from './box-memory';
import type { SimulatedChargeBox } from './charge-box';

/** A box that can be asked: what it remembers, how it calls the central system, what it does after it has answered. */
export interface AskedBox {
  readonly memory: BoxMemory;
  readonly box: SimulatedChargeBox;
  /** Work for after the answer, in order. */
  later(work: () => Promise<unknown>): void;
}

type Answer<Name extends ChargePointOperation> = (
  request: ChargePointRequest<Name>,
  asked: AskedBox,
) => ChargePointResponse<Name>;

/** How a simulated box answers each operation (OCPP 1.5, chapter 5). */
export const chargePointOperations: { readonly [Name in ChargePointOperation]: Answer<Name> } = {
  CancelReservation: ({ reservationId }, { memory }) => ({
    status: memory.reservations.delete(reservationId) ? 'Accepted' : 'Rejected',
  }),
  ChangeAvailability: changeAvailability,
  ChangeConfiguration: (request, { memory }) => ({ status: memory.setConfiguration(request) }),
  ClearCache: () => ({ status: 'Accepted' }),
  DataTransfer: ({ vendorId, data }) =>
    vendorId === 'org.example.simulator'
      ? { status: 'Accepted', ...(data === undefined ? {} : { data }) }
      : { status: 'UnknownVendorId' },
  GetConfiguration: ({ key = [] }, { memory }) => memory.readConfiguration(key),
  GetDiagnostics: (_request, asked) => {
    asked.later(() => say(asked, 'DiagnosticsStatusNotification', { status: 'Uploaded' }));
    return { fileName: `diagnostics-${asked.box.options.identity.replaceAll(/\W/g, '_')}.zip` };
  },
  GetLocalListVersion: (_request, { memory }) => ({ listVersion: memory.listVersion }),
  RemoteStartTransaction: remoteStart,
  RemoteStopTransaction: ({ transactionId }, asked) => {
    const transaction = [...asked.memory.running.values()].find((running) => running.transactionId === transactionId);
    if (transaction === undefined) return { status: 'Rejected' };
    asked.later(() => stop(asked, transaction.connectorId, transaction.idTag));
    return { status: 'Accepted' };
  },
  ReserveNow: (request, { memory, box }) => ({ status: memory.reserve(request, box.time()) }),
  Reset: (_request, asked) => {
    asked.later(async () => {
      for (const connectorId of [...asked.memory.running.keys()]) await stop(asked, connectorId);
      await boot(asked);
    });
    return { status: 'Accepted' };
  },
  SendLocalList: (request, { memory }) => ({ status: memory.updateList(request) }),
  UnlockConnector: ({ connectorId }, asked) => {
    if (connectorId < 1 || !asked.memory.hasConnector(connectorId)) return { status: 'Rejected' };
    if (asked.memory.runsOn(connectorId)) asked.later(() => stop(asked, connectorId));
    return { status: 'Accepted' };
  },
  UpdateFirmware: ({ location }, asked) => {
    asked.later(async () => {
      await say(asked, 'FirmwareStatusNotification', { status: 'Downloaded' });
      await say(asked, 'FirmwareStatusNotification', { status: 'Installed' });
      asked.memory.firmwareVersion = location.split('/').at(-1)?.slice(0, 50) || '1.0.1';
      await boot(asked);
    });
    return {};
  },
};

function say<Name extends CentralSystemOperation>(
  { box }: AskedBox,
  operation: Name,
  request: CentralSystemRequest<Name>,
) {
  return box.call(operation, request);
}

function boot(asked: AskedBox) {
  const { firmwareVersion } = asked.memory;
  return say(asked, 'BootNotification', { chargePointVendor: 'Simulated', chargePointModel: 'Box', firmwareVersion });
}

function changeAvailability(
  { connectorId, type }: ChargePointRequest<'ChangeAvailability'>,
  asked: AskedBox,
): ChargePointResponse<'ChangeAvailability'> {
  const { memory } = asked;
  if (!memory.hasConnector(connectorId)) return { status: 'Rejected' };
  if (type === 'Operative') memory.inoperative.delete(connectorId);
  else memory.inoperative.add(connectorId);
  // OCPP 1.5, 5.2: during a transaction it is done afterwards.
  if (type === 'Inoperative' && memory.runsOn(connectorId)) return { status: 'Scheduled' };
  asked.later(() => reportStatus(asked, connectorId));
  return { status: 'Accepted' };
}

function reportStatus(asked: AskedBox, connectorId: number) {
  const { memory, box } = asked;
  const available = memory.runsOn(connectorId) ? 'Occupied' : 'Available';
  const status = memory.inoperative.has(connectorId) || memory.inoperative.has(0) ? 'Unavailable' : available;
  return say(asked, 'StatusNotification', { connectorId, status, errorCode: 'NoError', timestamp: box.time() });
}

function remoteStart(
  { idTag, connectorId = 1 }: ChargePointRequest<'RemoteStartTransaction'>,
  asked: AskedBox,
): ChargePointResponse<'RemoteStartTransaction'> {
  const { memory, box } = asked;
  const blocked = memory.inoperative.has(connectorId) || memory.inoperative.has(0);
  if (connectorId < 1 || !memory.hasConnector(connectorId) || memory.runsOn(connectorId) || blocked)
    return { status: 'Rejected' };
  asked.later(async () => {
    const outcome = await say(asked, 'StartTransaction', {
      connectorId,
      idTag,
      timestamp: box.time(),
      meterStart: 1_000,
    });
    if (!('response' in outcome)) return;
    memory.running.set(connectorId, { connectorId, idTag, transactionId: outcome.response.transactionId });
    await reportStatus(asked, connectorId);
  });
  return { status: 'Accepted' };
}

/** Ends the transaction of a connector; without an idTag the box did it by itself. */
async function stop(asked: AskedBox, connectorId: number, idTag?: string): Promise<void> {
  const { memory, box } = asked;
  const transaction = memory.running.get(connectorId);
  if (transaction === undefined) return;
  memory.running.delete(connectorId);
  const { transactionId } = transaction;
  await say(asked, 'StopTransaction', {
    transactionId,
    timestamp: box.time(),
    meterStop: 2_000,
    ...(idTag === undefined ? {} : { idTag }),
  });
  await reportStatus(asked, connectorId);
}
