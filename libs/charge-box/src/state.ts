import type { IdTagInfo } from '@app/ocpp';
import { meterReadingDefaults } from '@app/ocpp';
import type { ChargeBoxSettings, Registration, Suspicion } from './events';
import type { DelegationState } from './delegation/state';
import { initialDelegation } from './delegation/state';
import type { OutboundState } from './outbound/state';
import { initialOutbound } from './outbound/state';
import type { LocatedRegister, MeterLocation, Register } from './readings';

/**
 * What decisions about a charge box need, and no more: everything is bounded, plain JSON, and never changed in place.
 * `telemetry` and `quirksNoted` come from the telemetry stream alone, the others from the state stream alone, so that the two
 * streams may be folded one after the other.
 */
export interface ChargeBoxState extends OutboundState, DelegationState {
  readonly registration?: Registration;
  readonly settings: ChargeBoxSettings;
  readonly address?: ObservedAddress;
  /** The address before, to tell two boxes with one identity from one box that moved. */
  readonly formerAddress?: ObservedAddress;
  readonly refusedBoot?: { readonly key: string; readonly at: string };
  /** Oldest first. */
  readonly open: readonly OpenTransaction[];
  /** Oldest first. */
  readonly ended: readonly EndedTransaction[];
  readonly orphans: readonly Orphan[];
  readonly connectors: readonly ConnectorMemory[];
  readonly telemetry: readonly TelemetryMemory[];
  /** When each deviation was last noted. From the telemetry stream too. */
  readonly quirksNoted: readonly NotedQuirk[];
}

export interface ObservedAddress {
  readonly from?: string;
  readonly replyTo?: string;
  readonly remoteAddress?: string;
  readonly at: string;
}

export interface OpenTransaction {
  readonly transactionId: number;
  readonly connectorId: number;
  /** Natural key of its start. */
  readonly key: string;
  readonly idTagInfo: IdTagInfo;
  readonly startedAt: string;
  readonly receivedAt: string;
  readonly meterStart?: number;
  /** Another transaction started on the connector since. */
  readonly superseded?: true;
}

export interface EndedTransaction extends OpenTransaction {
  /** Natural key of its stop; empty when an operator closed it. */
  readonly stopKey: string;
  readonly stopInfo?: IdTagInfo;
}

/** A stop without its start. */
export interface Orphan {
  readonly orphanId: string;
  /** Natural key. */
  readonly key: string;
  readonly receivedAt: string;
  /** As the box named it. */
  readonly transactionId: number;
  readonly stoppedAt: string;
  readonly meterStop?: number;
  /** The last register among its readings, in Wh, where it has no meterStop. */
  readonly lastRegister?: number;
  readonly stopInfo?: IdTagInfo;
  /** What is odd about it by itself. */
  readonly suspicions?: readonly Suspicion[];
  /** The transaction that an operator bound it to. */
  readonly boundTo?: number;
  readonly dismissed?: true;
}

export interface ConnectorMemory {
  readonly connectorId: number;
  /** The last status report, as one text. */
  readonly status?: string;
  /** The last register that a start or a stop named. */
  readonly register?: Register;
}

/** One message of meter values. */
export interface TelemetryMemory {
  readonly key: string;
  readonly receivedAt: string;
  readonly connectorId: number;
  /** The last of each location. */
  readonly registers?: readonly LocatedRegister[];
}

export interface NotedQuirk {
  readonly name: string;
  readonly at: string;
}

/** Version of this shape; a snapshot of another version is not used. */
export const stateSchema = 7;

/**
 * Most that each member holds; the oldest goes first. An orphan takes about 200 bytes, an open transaction as many, so that either list takes
 * about 100 kB at most. What was forgotten is told by the stream (`recall.ts`).
 */
export const limits = {
  open: 512,
  ended: 256,
  orphans: 512,
  connectors: 128,
  telemetry: 128,
  quirksNoted: 128,
} as const;

export const initialState: ChargeBoxState = {
  settings: {},
  open: [],
  ended: [],
  orphans: [],
  connectors: [],
  telemetry: [],
  quirksNoted: [],
  ...initialOutbound,
  ...initialDelegation,
};

/** The list with one more at the end, and no longer than allowed. */
export function appended<Entry>(list: readonly Entry[], entry: Entry, most: number): readonly Entry[] {
  return list.length < most ? [...list, entry] : [...list.slice(list.length - most + 1), entry];
}

/** The newest register known of a connector at a location, from wherever it came. */
export function lastRegister(
  state: ChargeBoxState,
  connectorId: number,
  location: MeterLocation = meterReadingDefaults.location,
): Register | undefined {
  const fromTelemetry = lastInTelemetry(state, connectorId, location);
  if (location !== meterReadingDefaults.location) return fromTelemetry;
  const fromTransactions = state.connectors.find((connector) => connector.connectorId === connectorId)?.register;
  if (fromTransactions === undefined || fromTelemetry === undefined) return fromTransactions ?? fromTelemetry;
  return fromTelemetry.at > fromTransactions.at ? fromTelemetry : fromTransactions;
}

function lastInTelemetry(
  { telemetry }: ChargeBoxState,
  connectorId: number,
  location: MeterLocation,
): Register | undefined {
  for (const message of telemetry.toReversed()) {
    const register = message.registers?.find((candidate) => candidate.location === location);
    if (message.connectorId === connectorId && register !== undefined) return register;
  }
  return undefined;
}
