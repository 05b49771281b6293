import type { DomainEvent, QuirkNote } from '@app/kernel';
import type { CentralSystemOperation, CentralSystemRequest, IdTagInfo, MeterReading, OpenText } from '@app/ocpp';
import type { DelegationEvent } from './delegation/events';
import type { OutboundEvent } from './outbound/events';

/**
 * A moment that a charge box reported. `at` is what counts: the time as the box meant it, or the time of receipt where that
 * is missing or impossible. `text` is what the box wrote, kept whenever it is not simply `at`; empty when it wrote nothing.
 */
export interface ReportedTime {
  readonly at: string;
  readonly text?: string;
}

/** A reading with its absent attributes filled in (OCPP 1.5, 7.27); `unit` stays absent where it is not known. */
export type CompleteReading = MeterReading &
  Required<Pick<MeterReading, 'context' | 'format' | 'measurand' | 'location'>>;

export interface CompleteMeterValue {
  readonly timestamp: ReportedTime;
  readonly value: readonly CompleteReading[];
}

/** What makes transaction data worth a second look. It is kept all the same. */
export const suspicionTable = {
  'time-missing': 'No time was given; the time of receipt counts.',
  'time-impossible': 'The time cannot be right; the time of receipt counts.',
  'time-old': 'The time is more than 31 days before its receipt; it was kept.',
  'time-without-zone': 'The time has no zone and was read in the zone of the charge box.',
  'meter-missing': 'No meter reading was given.',
  'meter-backwards': 'A register shows less than before.',
  'meter-zero-baseline': 'A register starts at zero although it showed more before.',
  'meter-jump': 'A register rose by more than the charge box can deliver in the time.',
  'stop-before-start': 'The transaction stopped before it started.',
  'connector-occupied': 'Another transaction was still open on the connector.',
  superseded: 'Another transaction started on the connector while this one was open.',
  'unknown-transaction': 'The transaction is not known for this charge box.',
  'transaction-over': 'The transaction had stopped already.',
  'unaccepted-id-tag': 'The idTag was not accepted, yet energy may have flowed.',
  'value-unreadable': 'A raw reading is not a number.',
} as const satisfies Record<string, string>;

export type Suspicion = keyof typeof suspicionTable;

export type Registration = 'Accepted' | 'Rejected';

/** What a charge box says about itself when it boots. */
export type BootDetails = CentralSystemRequest<'BootNotification'>;

/** Everything that can have happened to a charge box. Shapes are for ever; a new one gets a higher schema version and an upcaster. */
export type ChargeBoxEvent = InboundEvent | OutboundEvent | DelegationEvent;

/** What the box reported, and what operators decided about it. */
type InboundEvent =
  /** Somebody decided whether this identity may charge, or `open` registration did. */
  | DomainEvent<
      'RegistrationDecided',
      {
        readonly registration: Registration;
        readonly by: 'operator' | 'open-registration' | 'responder';
        readonly at: string;
      }
    >
  /** The box booted; `answered` is the status it was given. An unregistered box becomes a candidate by this. */
  | DomainEvent<
      'ChargeBoxBooted',
      {
        readonly boot: BootDetails;
        readonly answered: Registration;
        readonly heartbeatInterval: number;
        readonly at: string;
      }
    >
  /** The box showed itself under another address than before. Absent members were not in the message. */
  | DomainEvent<
      'AddressObserved',
      {
        readonly from?: string;
        readonly replyTo?: string;
        readonly remoteAddress?: string;
        /** It was there a moment ago, then elsewhere: two boxes may share the identity. */ readonly alternating?: true;
        readonly at: string;
      }
    >
  /** The operator changed what only he knows about the box. `timeZone`: IANA name for times without zone. */
  | DomainEvent<'ChargeBoxConfigured', ChargeBoxSettings & { readonly at: string }>
  | DomainEvent<'IdTagAuthorized', { readonly idTag: string; readonly idTagInfo: IdTagInfo; readonly at: string }>
  | DomainEvent<'TransactionStarted', TransactionStart>
  | DomainEvent<'TransactionStopped', TransactionStop>
  /** A stop for a transaction that this box never started. Kept until an operator binds it. */
  | DomainEvent<'OrphanStopReceived', TransactionStop & { readonly orphanId: string }>
  /** The operator ended a transaction by hand, with an orphaned stop or with figures of his own. */
  | DomainEvent<'TransactionClosed', TransactionClosing>
  /** The operator put the figures of an orphaned stop in place of those with which a transaction had ended. */
  | DomainEvent<'TransactionCorrected', TransactionClosing & { readonly orphanId: string }>
  /** The operator found that an orphaned stop belongs to no transaction. `transactionId`: as the stop has it. */
  | DomainEvent<
      'OrphanDismissed',
      { readonly orphanId: string; readonly transactionId: number; readonly reason: string; readonly at: string }
    >
  | DomainEvent<
      'ReservationUsed',
      { readonly reservationId: number; readonly transactionId: number; readonly at: string }
    >
  | DomainEvent<
      'ConnectorStatusReported',
      {
        readonly connectorId: number;
        readonly status: OpenText<'Available' | 'Occupied' | 'Faulted' | 'Unavailable' | 'Reserved'>;
        readonly errorCode: string;
        readonly info?: string;
        readonly vendorId?: string;
        readonly vendorErrorCode?: string;
        readonly timestamp: ReportedTime;
        readonly at: string;
      }
    >
  | DomainEvent<'FirmwareStatusReported', { readonly status: string; readonly at: string }>
  | DomainEvent<'DiagnosticsStatusReported', { readonly status: string; readonly at: string }>
  | DomainEvent<
      'DataTransferReceived',
      {
        readonly vendorId: string;
        readonly messageId?: string;
        readonly data?: string;
        readonly answered: string;
        readonly at: string;
      }
    >
  /** Kept in the telemetry stream. */
  | DomainEvent<
      'MeterValuesReported',
      {
        readonly connectorId: number;
        readonly transactionId?: number;
        readonly values: readonly CompleteMeterValue[];
        readonly suspicions: readonly Suspicion[];
        readonly at: string;
      }
    >
  /** Deviations of requests that left no event of their own. Kept in the telemetry stream. */
  | DomainEvent<'QuirksNoted', { readonly quirks: readonly CountedQuirk[]; readonly at: string }>
  /** Kept in the heartbeat stream, which forgets all but the last ones. */
  | DomainEvent<'HeartbeatReceived', { readonly at: string }>;

/** How often a deviation was seen since it was last noted, and where and how it was last. */
export interface CountedQuirk extends QuirkNote {
  readonly count: number;
}

export interface ChargeBoxSettings {
  /** IANA name of the zone in which times without zone are read; UTC when absent. */
  readonly timeZone?: string;
  /** URL of the charge point service, in place of what the box says. */
  readonly addressOverride?: string;
  /** Free text of the operator. */
  readonly note?: string;
  /** Who answers, by operation; what is not named follows the rules for all boxes. */
  readonly answers?: Answers;
}

/** Who answers requests of charge boxes: the built-in rules, or somebody outside. */
export type Answerer = 'automatic' | 'delegated';
export type Answers = Readonly<Partial<Record<CentralSystemOperation, Answerer>>>;

export interface TransactionStart {
  readonly transactionId: number;
  readonly connectorId: number;
  readonly idTag: string;
  readonly timestamp: ReportedTime;
  /** Wh; absent when the box sent none that can be read. */
  readonly meterStart?: number;
  /** What the box sent in its place. */
  readonly meterText?: string;
  readonly reservationId?: number;
  readonly idTagInfo: IdTagInfo;
  readonly suspicions: readonly Suspicion[];
  /** Transactions that held the connector until then. */
  readonly supersedes?: readonly number[];
  readonly at: string;
}

export interface TransactionStop {
  readonly transactionId: number;
  /** Connector of the start; absent for an orphan. */
  readonly connectorId?: number;
  readonly idTag?: string;
  readonly timestamp: ReportedTime;
  /** Wh; absent when the box sent none that can be read. */
  readonly meterStop?: number;
  /** What the box sent in its place. */
  readonly meterText?: string;
  readonly idTagInfo?: IdTagInfo;
  readonly transactionData: readonly CompleteMeterValue[];
  readonly suspicions: readonly Suspicion[];
  readonly at: string;
}

/** The end of a transaction as an operator tells it. */
export interface TransactionClosing {
  readonly transactionId: number;
  readonly connectorId: number;
  /** Wh */
  readonly meterStop?: number;
  /** Wh; the last register among the readings of an orphaned stop without meterStop. */
  readonly lastRegister?: number;
  readonly stoppedAt: string;
  readonly orphanId?: string;
  readonly suspicions: readonly Suspicion[];
  readonly reason: string;
  readonly at: string;
}

export type ChargeBoxEventType = ChargeBoxEvent['type'];
export type ChargeBoxEventOf<Type extends ChargeBoxEventType> = Extract<ChargeBoxEvent, { type: Type }>;

/** Current schema version of each event type's data. */
export const chargeBoxEventSchemas: Readonly<Record<ChargeBoxEventType, number>> = {
  RegistrationDecided: 1,
  ChargeBoxBooted: 1,
  AddressObserved: 1,
  ChargeBoxConfigured: 1,
  IdTagAuthorized: 1,
  TransactionStarted: 3,
  TransactionStopped: 3,
  OrphanStopReceived: 3,
  TransactionClosed: 3,
  TransactionCorrected: 2,
  OrphanDismissed: 1,
  ReservationUsed: 1,
  ConnectorStatusReported: 1,
  FirmwareStatusReported: 1,
  DiagnosticsStatusReported: 1,
  DataTransferReceived: 1,
  MeterValuesReported: 2,
  QuirksNoted: 1,
  HeartbeatReceived: 1,
  OperationScheduled: 1,
  OperationSent: 1,
  OperationDeferred: 1,
  OperationAnswered: 1,
  OperationFaulted: 1,
  OperationExpired: 1,
  OperationCancelled: 2,
  OperationConfirmed: 1,
  ReservationMade: 1,
  ReservationEnded: 1,
  ConfigurationRead: 1,
  ConfigurationChangeAnswered: 1,
  AvailabilityChangeAnswered: 1,
  LocalListAnswered: 1,
  LocalListVersionRead: 1,
  LocalListWanted: 1,
  LocalListConfirmed: 1,
  LocalListGivenUp: 1,
  ChargeBoxSilent: 1,
  ChargeBoxBack: 1,
  RequestDelegated: 2,
  RequestClaimed: 1,
  RequestReleased: 1,
  RequestRepeated: 1,
  RequestAnswered: 1,
  RequestExpired: 1,
  RequestInterrupted: 1,
  LateAnswerRefused: 1,
};
