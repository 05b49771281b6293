import { evolveDelegation } from './delegation/evolve';
import type { ChargeBoxEvent, ChargeBoxEventOf, Suspicion } from './events';
import { bootKey, meterValuesKey, orphanKey, startKey, statusKey, stopKey, writtenTime } from './natural-keys';
import { evolveOutbound, released, withEvidence } from './outbound/evolve';
import { believed, lastRegisterIn, lastRegistersIn } from './readings';
import type { ChargeBoxState, ConnectorMemory, EndedTransaction, OpenTransaction, Orphan } from './state';
import { appended, limits } from './state';
import { believedAt } from './times';

/** The state after an event. Never touches the state before. */
export function evolve(state: ChargeBoxState, event: ChargeBoxEvent): ChargeBoxState {
  return withEvidence(changed(state, event), event);
}

function changed(state: ChargeBoxState, event: ChargeBoxEvent): ChargeBoxState {
  switch (event.type) {
    case 'RegistrationDecided':
      return { ...state, registration: event.data.registration, refusedBoot: undefined };
    case 'ChargeBoxBooted':
      return booted(state, event.data);
    case 'AddressObserved':
      return { ...state, address: { ...state.address, ...event.data }, formerAddress: state.address };
    case 'ChargeBoxConfigured':
      return configured(state, event.data);
    case 'TransactionStarted':
      return started(state, event.data);
    case 'TransactionStopped':
      return stopped(state, event.data);
    case 'OrphanStopReceived':
      return orphaned(state, event.data);
    case 'TransactionClosed':
      return closed(state, event.data);
    case 'TransactionCorrected':
      return corrected(state, event.data);
    case 'OrphanDismissed':
      return withOrphan(state, event.data.orphanId, { dismissed: true });
    case 'ConnectorStatusReported':
      return statusReported(state, event.data);
    case 'MeterValuesReported':
      return metered(state, event.data);
    case 'QuirksNoted':
      return quirksNoted(state, event.data);
    case 'ReservationUsed':
      return released(state, event.data.reservationId);
    case 'IdTagAuthorized':
    case 'FirmwareStatusReported':
    case 'DiagnosticsStatusReported':
    case 'DataTransferReceived':
    case 'HeartbeatReceived':
      return state;
    case 'RequestDelegated':
    case 'RequestClaimed':
    case 'RequestReleased':
    case 'RequestRepeated':
    case 'RequestAnswered':
    case 'RequestExpired':
    case 'RequestInterrupted':
    case 'LateAnswerRefused':
      return evolveDelegation(state, event);
    default:
      return evolveOutbound(state, event);
  }
}

type Data<Type extends ChargeBoxEvent['type']> = ChargeBoxEventOf<Type>['data'];

function booted(state: ChargeBoxState, { boot, answered, at }: Data<'ChargeBoxBooted'>): ChargeBoxState {
  return answered === 'Accepted' ? state : { ...state, refusedBoot: { key: bootKey(boot), at } };
}

function configured(state: ChargeBoxState, { at: _at, ...settings }: Data<'ChargeBoxConfigured'>): ChargeBoxState {
  return { ...state, settings };
}

function started(state: ChargeBoxState, start: Data<'TransactionStarted'>): ChargeBoxState {
  const { transactionId, connectorId, idTagInfo, meterStart, timestamp, idTag, at } = start;
  const key = startKey({ connectorId, idTag, timestamp: writtenTime(timestamp), meterStart }, start);
  const transaction: OpenTransaction = {
    transactionId,
    connectorId,
    key,
    idTagInfo,
    startedAt: timestamp.at,
    receivedAt: at,
    meterStart,
  };
  const others = state.open.map((other) =>
    other.connectorId === connectorId && other.superseded !== true ? { ...other, superseded: true as const } : other,
  );
  const open = appended(others, transaction, limits.open);
  return meterStart === undefined
    ? { ...state, open }
    : {
        ...state,
        open,
        connectors: withConnector(state, connectorId, {
          register: { wattHours: meterStart, at: believedAt(timestamp.at, at) },
        }),
      };
}

function stopped(state: ChargeBoxState, stop: Data<'TransactionStopped'>): ChargeBoxState {
  const { transactionId, timestamp, meterStop, idTag, idTagInfo, at } = stop;
  const key = stopKey({ timestamp: writtenTime(timestamp), meterStop, idTag }, stop);
  return ended(state, transactionId, {
    stopKey: key,
    stopInfo: idTagInfo,
    register: { wattHours: meterStop, at: believedAt(timestamp.at, at) },
  });
}

function closed(
  state: ChargeBoxState,
  { transactionId, meterStop, lastRegister, stoppedAt, orphanId }: Data<'TransactionClosed'>,
): ChargeBoxState {
  return ended(withOrphan(state, orphanId, bound(transactionId)), transactionId, {
    stopKey: '',
    register: { wattHours: meterStop ?? lastRegister, at: stoppedAt },
  });
}

const bound = (boundTo: number): Partial<Orphan> => ({ boundTo, dismissed: undefined });

function corrected(
  state: ChargeBoxState,
  { transactionId, connectorId, meterStop, lastRegister, stoppedAt, orphanId }: Data<'TransactionCorrected'>,
): ChargeBoxState {
  const next = withOrphan(state, orphanId, bound(transactionId));
  const wattHours = meterStop ?? lastRegister;
  return withNewerRegister(next, connectorId, { wattHours, at: stoppedAt });
}

interface Ending extends Pick<EndedTransaction, 'stopKey' | 'stopInfo'> {
  readonly register: { readonly wattHours?: number; readonly at: string };
}

function ended(
  state: ChargeBoxState,
  transactionId: number,
  { stopKey: key, stopInfo, register }: Ending,
): ChargeBoxState {
  const transaction = state.open.find((candidate) => candidate.transactionId === transactionId);
  if (transaction === undefined) return state;
  const open = state.open.filter((candidate) => candidate !== transaction);
  const next = {
    ...state,
    open,
    ended: appended(state.ended, { ...transaction, stopKey: key, stopInfo }, limits.ended),
  };
  return transaction.superseded === true
    ? withNewerRegister(next, transaction.connectorId, register)
    : withRegister(next, transaction.connectorId, register);
}

/** The register that the end of a transaction named, unless a newer one is known: the stop of a superseded transaction comes late. */
function withNewerRegister(state: ChargeBoxState, connectorId: number, register: Ending['register']): ChargeBoxState {
  const known = state.connectors.find((connector) => connector.connectorId === connectorId)?.register;
  return known !== undefined && known.at > register.at ? state : withRegister(state, connectorId, register);
}

function withRegister(
  state: ChargeBoxState,
  connectorId: number,
  { wattHours, at }: Ending['register'],
): ChargeBoxState {
  if (wattHours === undefined) return state;
  return { ...state, connectors: withConnector(state, connectorId, { register: { wattHours, at } }) };
}

function orphaned(state: ChargeBoxState, stop: Data<'OrphanStopReceived'>): ChargeBoxState {
  const { orphanId, transactionId, timestamp, meterStop, idTag, idTagInfo: stopInfo, at: receivedAt } = stop;
  // A stop that came again has become what it became; older programs recorded it again.
  if (state.orphans.some((orphan) => orphan.orphanId === orphanId)) return state;
  const lastRegister = meterStop === undefined ? lastRegisterIn(stop.transactionData)?.wattHours : undefined;
  const suspicions = stop.suspicions.filter((suspicion) => !ofOrphans.has(suspicion));
  const key = orphanKey({ transactionId, timestamp: writtenTime(timestamp), meterStop, idTag }, stop);
  const known = { orphanId, key, receivedAt, transactionId, stoppedAt: timestamp.at, meterStop };
  const orphan = { ...known, lastRegister, stopInfo, suspicions };
  return { ...state, orphans: appended(state.orphans, orphan, limits.orphans) };
}

/** What is odd about a stop only as long as it has no transaction. */
const ofOrphans: ReadonlySet<Suspicion> = new Set<Suspicion>(['unknown-transaction', 'transaction-over']);

function withOrphan(state: ChargeBoxState, orphanId: string | undefined, change: Partial<Orphan>): ChargeBoxState {
  const place = state.orphans.findIndex((orphan) => orphan.orphanId === orphanId);
  const orphan = state.orphans[place];
  return orphan === undefined ? state : { ...state, orphans: state.orphans.with(place, { ...orphan, ...change }) };
}

function statusReported(
  state: ChargeBoxState,
  { timestamp, ...report }: Data<'ConnectorStatusReported'>,
): ChargeBoxState {
  const status = statusKey(report, writtenTime(timestamp));
  return { ...state, connectors: withConnector(state, report.connectorId, { status }) };
}

function metered(state: ChargeBoxState, message: Data<'MeterValuesReported'>): ChargeBoxState {
  const registers = believed(lastRegistersIn(message.values), message.at);
  const memory = {
    key: meterValuesKey(message),
    receivedAt: message.at,
    connectorId: message.connectorId,
    ...(registers.length === 0 ? {} : { registers }),
  };
  return { ...state, telemetry: appended(state.telemetry, memory, limits.telemetry) };
}

function quirksNoted(state: ChargeBoxState, { quirks, at }: Data<'QuirksNoted'>): ChargeBoxState {
  const names = new Set(quirks.map(({ name }) => name));
  const others = state.quirksNoted.filter(({ name }) => !names.has(name));
  const noted = [...others, ...Array.from(names, (name) => ({ name, at }))];
  return { ...state, quirksNoted: noted.slice(-limits.quirksNoted) };
}

function withConnector(
  state: ChargeBoxState,
  connectorId: number,
  change: Partial<ConnectorMemory>,
): readonly ConnectorMemory[] {
  const place = state.connectors.findIndex((connector) => connector.connectorId === connectorId);
  if (place < 0) return appended(state.connectors, { connectorId, ...change }, limits.connectors);
  return state.connectors.with(place, { ...state.connectors[place], connectorId, ...change });
}
