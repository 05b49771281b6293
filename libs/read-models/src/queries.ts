import type { RecordedEvent } from '@app/kernel';
import { Query } from '@nestjs/cqrs';
import type { OwnProjectionRow, OwnRow } from './own/rows';
import type {
  AddressRow,
  ChargeBoxRow,
  ConfigurationRow,
  ConnectorRow,
  IdTagRow,
  MeterValueRow,
  OperationRow,
  OperationStatus,
  OrphanRow,
  PresetRow,
  QuirkRow,
  RequestRow,
  RequestStatus,
  ReservationRow,
  TransactionRow,
} from './rows';

/** One page of rows; `next` continues it, absent on the last page. Also a short page may have one. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly next?: string;
}

/** How much of a list is wanted: `limit` 1 to 1 000, `cursor` from the page before. A cursor of another list is refused (`invalid-cursor`). */
export interface Paging {
  readonly limit: number;
  readonly cursor?: string;
}

export interface ChargeBoxFilter {
  readonly registration?: ChargeBoxRow['registration'];
  readonly vendor?: string;
  readonly model?: string;
  /** Part of identity, serial number or note, letter case aside. */
  readonly search?: string;
  /** Boxes last seen before this moment. */
  readonly silentSince?: string;
  /** Boxes that are silent for more than twice their interval, or the others. */
  readonly silent?: boolean;
}

export class FindChargeBoxes extends Query<Page<ChargeBoxRow>> {
  constructor(
    readonly filter: ChargeBoxFilter,
    readonly paging: Paging,
  ) {
    super();
  }
}

export interface ChargeBoxDetails extends ChargeBoxRow {
  readonly connectors: readonly ConnectorRow[];
  readonly quirks: readonly QuirkRow[];
  /** Newest first, at most 50. */
  readonly addresses: readonly AddressRow[];
}

export class FindChargeBox extends Query<ChargeBoxDetails | undefined> {
  constructor(readonly identity: string) {
    super();
  }
}

/** Of the identities, those of charge boxes that are not accepted, or not known at all. */
export class FindNotAccepted extends Query<readonly string[]> {
  constructor(readonly identities: readonly string[]) {
    super();
  }
}

export class FindConnectors extends Query<readonly ConnectorRow[]> {
  constructor(readonly identity: string) {
    super();
  }
}

export interface TransactionFilter {
  readonly identity?: string;
  readonly connectorId?: number;
  readonly idTag?: string;
  readonly status?: TransactionRow['status'];
  /** Started at or after / before. */
  readonly from?: string;
  readonly to?: string;
  /** Only those with this suspicion; `any` for at least one. */
  readonly suspicion?: string;
}

/** Newest first, by id. */
export class FindTransactions extends Query<Page<TransactionRow>> {
  constructor(
    readonly filter: TransactionFilter,
    readonly paging: Paging,
  ) {
    super();
  }
}

export class FindTransaction extends Query<TransactionRow | undefined> {
  constructor(readonly transactionId: number) {
    super();
  }
}

export class FindOrphans extends Query<Page<OrphanRow>> {
  constructor(
    /** `settled`: bound or dismissed. */
    readonly filter: { readonly identity?: string; readonly bound?: boolean; readonly settled?: boolean },
    readonly paging: Paging,
  ) {
    super();
  }
}

export class FindOrphan extends Query<OrphanRow | undefined> {
  constructor(
    readonly identity: string,
    readonly orphanId: string,
  ) {
    super();
  }
}

export interface MeterValueFilter {
  readonly identity?: string;
  readonly connectorId?: number;
  readonly transactionId?: number;
  readonly measurand?: string;
  readonly from?: string;
  readonly to?: string;
}

/** Oldest first. */
export class FindMeterValues extends Query<Page<MeterValueRow>> {
  constructor(
    readonly filter: MeterValueFilter,
    readonly paging: Paging,
  ) {
    super();
  }
}

export class FindIdTags extends Query<Page<IdTagRow>> {
  constructor(
    readonly filter: { readonly search?: string; readonly blocked?: boolean; readonly parentIdTag?: string },
    readonly paging: Paging,
  ) {
    super();
  }
}

export class FindIdTag extends Query<IdTagRow | undefined> {
  constructor(readonly idTag: string) {
    super();
  }
}

export interface OperationFilter {
  readonly identity?: string;
  /** Name of the operation. */
  readonly command?: string;
  readonly status?: OperationStatus;
  readonly batchId?: string;
  readonly idempotencyKey?: string;
  readonly outcomeUnknown?: boolean;
  /** Scheduled at or after / before. */
  readonly from?: string;
  readonly to?: string;
}

/** Newest first. */
export class FindOperations extends Query<Page<OperationRow>> {
  constructor(
    readonly filter: OperationFilter,
    readonly paging: Paging,
  ) {
    super();
  }
}

export class FindOperation extends Query<OperationRow | undefined> {
  constructor(readonly callId: string) {
    super();
  }
}

export interface RequestFilter {
  readonly identity?: string;
  readonly command?: string;
  readonly status?: RequestStatus;
}

/** Newest first. */
export class FindRequests extends Query<Page<RequestRow>> {
  constructor(
    readonly filter: RequestFilter,
    readonly paging: Paging,
  ) {
    super();
  }
}

export class FindRequest extends Query<RequestRow | undefined> {
  constructor(readonly msgId: string) {
    super();
  }
}

export interface ReservationFilter {
  readonly identity?: string;
  readonly status?: ReservationRow['status'];
}

export class FindReservations extends Query<Page<ReservationRow>> {
  constructor(
    readonly filter: ReservationFilter,
    readonly paging: Paging,
  ) {
    super();
  }
}

export interface ConfigurationFilter {
  readonly identity?: string;
  /** Part of the key, letter case aside. */
  readonly search?: string;
}

export class FindConfiguration extends Query<Page<ConfigurationRow>> {
  constructor(
    readonly filter: ConfigurationFilter,
    readonly paging: Paging,
  ) {
    super();
  }
}

export class FindPresets extends Query<Page<PresetRow>> {
  constructor(readonly paging: Paging) {
    super();
  }
}

export class FindPreset extends Query<PresetRow | undefined> {
  constructor(readonly name: string) {
    super();
  }
}

/** Events of one box over all its streams, newest first, straight from the log. */
export class FindEvents extends Query<Page<RecordedEvent>> {
  constructor(
    readonly identity: string,
    readonly filter: { readonly types?: readonly string[] },
    readonly paging: Paging,
  ) {
    super();
  }
}

/** How far the read models are: equal positions mean that they show everything. */
export class FindReadModelStatus extends Query<{
  readonly checkpoint: string;
  readonly head: string;
  readonly caughtUp: boolean;
}> {}

/** How the projections from outside are doing. */
export class FindOwnProjections extends Query<readonly OwnProjectionRow[]> {}

/** What became of a question for rows of a projection from outside. */
export type OwnRowsFound =
  | { readonly outcome: 'unknown' }
  | { readonly outcome: 'no-such-column'; readonly columns: readonly string[]; readonly unknown: readonly string[] }
  | { readonly outcome: 'found'; readonly page: Page<OwnRow> };

/** Rows of a projection from outside, by the values of its columns as text. Throws `projection-building` until they are complete. */
export class FindOwnRows extends Query<OwnRowsFound> {
  constructor(
    readonly name: string,
    readonly filter: Readonly<Record<string, string>>,
    readonly paging: Paging,
  ) {
    super();
  }
}

export class FindOwnRow extends Query<OwnRow | undefined> {
  constructor(
    readonly name: string,
    readonly key: string,
  ) {
    super();
  }
}
