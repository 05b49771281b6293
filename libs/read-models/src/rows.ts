import type { Suspicion } from '@app/charge-box';

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
  /** Wh: meterStop - meterStart, or the last register reading so far of an open transaction. */
  readonly energy?: number;
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
