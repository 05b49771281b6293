import type { Answers, EnergySource, Preset, Suspicion } from '@app/charge-box';
import type { CentralSystemOperation, ChargePointOperation } from '@app/ocpp';

/** What operators see of a charge box. Times are ISO 8601 in UTC; absent means never reported. */
export interface ChargeBoxRow {
  readonly identity: string;
  /** `Unknown` until somebody decides: a candidate. */
  readonly registration: 'Accepted' | 'Rejected' | 'Unknown';
  readonly chargePointVendor?: string;
  readonly chargePointModel?: string;
  readonly chargePointSerialNumber?: string;
  readonly chargeBoxSerialNumber?: string;
  readonly firmwareVersion?: string;
  readonly iccid?: string;
  readonly imsi?: string;
  readonly meterType?: string;
  readonly meterSerialNumber?: string;
  readonly bootCount: number;
  readonly lastBootAt?: string;
  readonly firstSeenAt?: string;
  /** Last sign of life: any message counts. */
  readonly lastSeenAt?: string;
  readonly from?: string;
  readonly replyTo?: string;
  readonly remoteAddress?: string;
  readonly addressOverride?: string;
  readonly timeZone?: string;
  readonly note?: string;
  readonly firmwareStatus?: string;
  readonly firmwareStatusAt?: string;
  readonly diagnosticsStatus?: string;
  readonly diagnosticsStatusAt?: string;
  /** Who answers its requests, where that differs from the rules for all boxes. */
  readonly answers?: Answers;
  /** Seconds, as told at its last boot. */
  readonly heartbeatInterval?: number;
  /** Last sign of life before it fell silent for more than twice its interval; absent while it is not. */
  readonly silentSince?: string;
  /** Why the last operation could not be brought to it; absent once one was. */
  readonly notReachable?: { readonly reason: string; readonly detail: string; readonly at: string };
  /** Version of the local list that it last confirmed; -1: it keeps none. */
  readonly localListVersion?: number;
  readonly localListVersionAt?: string;
  /** The last list sent to it. */
  /** The local list that it shall have, and whether it has. */
  readonly localListWanted?: {
    readonly listId: string;
    readonly entries: number;
    readonly at: string;
    readonly confirmedVersion?: number;
    readonly confirmedAt?: string;
    readonly givenUp?: string;
  };
  readonly localListSent?: {
    readonly listVersion: number;
    readonly updateType: string;
    readonly status: string;
    readonly at: string;
  };
}

export type OperationStatus = 'Scheduled' | 'Sent' | 'Answered' | 'Faulted' | 'Expired' | 'Cancelled';

/** An operation sent, or to be sent, to a charge box. */
export interface OperationRow {
  readonly callId: string;
  readonly identity: string;
  readonly operation: ChargePointOperation;
  readonly data: object;
  readonly status: OperationStatus;
  readonly scheduledAt: string;
  readonly expiresAt: string;
  readonly notBefore?: string;
  readonly by: string;
  readonly batchId?: string;
  readonly idempotencyKey?: string;
  readonly attempts: number;
  readonly url?: string;
  readonly messageId?: string;
  readonly sentAt?: string;
  readonly respondBy?: string;
  /** Why it is still waiting. */
  readonly waitsBecause?: { readonly reason: string; readonly detail: string };
  readonly retryAt?: string;
  readonly response?: object;
  readonly failure?: {
    readonly reason: string;
    readonly detail: string;
    readonly fault?: string;
    readonly httpStatus?: number;
  };
  readonly settledAt?: string;
  readonly cancelledBy?: string;
  /** It was sent and no answer came; nothing that the box did since tells what became of it. */
  readonly outcomeUnknown?: boolean;
  /** What the box did since, that shows what became of it. */
  readonly evidence?: readonly {
    readonly evidence: string;
    readonly at: string;
    readonly status?: string;
    readonly transactionId?: number;
    readonly connectorId?: number;
    readonly failed?: true;
    readonly interim?: true;
  }[];
}

export type RequestStatus = 'Pending' | 'Answered' | 'Expired' | 'Interrupted';

/** A request of a charge box that somebody outside answers. */
export interface RequestRow {
  readonly msgId: string;
  readonly identity: string;
  readonly operation: CentralSystemOperation;
  readonly request: object;
  readonly from?: string;
  readonly replyTo?: string;
  readonly remoteAddress?: string;
  readonly messageId?: string;
  readonly unregistered?: true;
  /** Run of the service that holds the connection of the box. */
  readonly heldBy: string;
  /** Where it was delegated, in the log. */
  readonly position: string;
  readonly status: RequestStatus;
  readonly receivedAt: string;
  readonly respondBy: string;
  readonly claim?: { readonly responder: string; readonly leaseUntil: string };
  /** The box hung up before it was answered. */
  readonly hungUp?: boolean;
  readonly repetitions?: number;
  readonly response?: object;
  readonly fault?: string;
  readonly responder?: string;
  /** Whether a connection of the box was there to take the answer. */
  readonly delivered?: boolean;
  readonly settledAt?: string;
  readonly lateAnswers?: number;
}

export interface ReservationRow {
  readonly reservationId: number;
  readonly identity: string;
  readonly connectorId: number;
  readonly idTag: string;
  readonly parentIdTag?: string;
  readonly expiryDate: string;
  readonly callId: string;
  readonly status:
    'active' | 'used' | 'expired' | 'cancelled' | 'replaced' | 'connector-unavailable' | 'unknown-to-charge-box';
  readonly madeAt: string;
  readonly endedAt?: string;
  readonly transactionId?: number;
}

/** One key of the configuration of a charge box. */
export interface ConfigurationRow {
  readonly identity: string;
  readonly key: string;
  /** False: the box does not know the key. */
  readonly known: boolean;
  readonly readonly?: boolean;
  readonly value?: string;
  readonly readAt?: string;
  readonly formerValue?: string;
  readonly changedAt?: string;
  /** The last change that was asked of the box. */
  readonly askedValue?: string;
  readonly askedStatus?: string;
  readonly askedAt?: string;
}

export interface PresetRow extends Preset {
  readonly changedAt: string;
}

/** How often a box deviated from the protocol in one way. */
export interface QuirkRow {
  readonly name: string;
  readonly count: number;
  readonly lastSeenAt: string;
  readonly lastPath?: string;
  readonly lastText?: string;
}

/** An address under which a box showed itself. */
export interface AddressRow {
  readonly from?: string;
  readonly replyTo?: string;
  readonly remoteAddress?: string;
  readonly at: string;
}

export interface ConnectorRow {
  readonly identity: string;
  readonly connectorId: number;
  readonly status: string;
  readonly errorCode: string;
  readonly info?: string;
  readonly vendorId?: string;
  readonly vendorErrorCode?: string;
  readonly since: string;
  /** Transaction that is open on the connector. */
  readonly transactionId?: number;
  /** The last change of availability that was asked for; `Scheduled` until the box shows it. */
  readonly availability?: { readonly type: string; readonly status: string; readonly at: string };
}

export interface TransactionRow {
  readonly transactionId: number;
  readonly identity: string;
  readonly connectorId: number;
  readonly idTag: string;
  readonly idTagStatus: string;
  readonly parentIdTag?: string;
  /** `closed`: ended by an operator, not by a stop of the box. */
  readonly status: 'open' | 'stopped' | 'closed';
  readonly startedAt: string;
  readonly startReceivedAt: string;
  readonly meterStart?: number;
  readonly reservationId?: number;
  readonly stoppedAt?: string;
  readonly stopReceivedAt?: string;
  readonly meterStop?: number;
  readonly stopIdTag?: string;
  readonly closeReason?: string;
  /** The orphaned stop that an operator bound to it. */
  readonly orphanId?: string;
  readonly correctedAt?: string;
  readonly correctionReason?: string;
  /** Wh since the start. */
  readonly energy?: number;
  /** Which figure the energy goes up to. */
  readonly energySource?: EnergySource;
  /** Seconds from start to stop. */
  readonly duration?: number;
  readonly suspicions: readonly Suspicion[];
}

/** A stop that belongs to no known transaction. */
export interface OrphanRow {
  readonly orphanId: string;
  readonly identity: string;
  readonly transactionId: number;
  readonly idTag?: string;
  readonly stoppedAt: string;
  readonly receivedAt: string;
  readonly meterStop?: number;
  /** The transaction that an operator bound it to. */
  readonly boundTo?: number;
  readonly dismissedAt?: string;
  readonly dismissReason?: string;
}

export interface MeterValueRow {
  readonly identity: string;
  readonly connectorId?: number;
  readonly transactionId?: number;
  readonly timestamp: string;
  readonly receivedAt: string;
  /** Text as sent. */
  readonly value: string;
  /** Absent where the text is no number. */
  readonly number?: number;
  readonly context: string;
  readonly format: string;
  readonly measurand: string;
  readonly location: string;
  readonly unit?: string;
  /** `MeterValues`, or `StopTransaction` for readings of its transactionData. */
  readonly source: 'MeterValues' | 'StopTransaction';
}

export interface IdTagRow {
  readonly idTag: string;
  readonly parentIdTag?: string;
  readonly expiryDate?: string;
  readonly blocked: boolean;
  readonly concurrentTransactions: boolean;
  readonly note?: string;
  readonly changedAt: string;
  /** Open transactions of the tag over all boxes. */
  readonly openTransactions: number;
}
