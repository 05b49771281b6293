import type { ChargePointRequest } from '@app/ocpp';

export interface RunningTransaction {
  readonly transactionId: number;
  readonly connectorId: number;
  readonly idTag: string;
}

/** What a simulated box remembers while it is on. */
export class BoxMemory {
  readonly configuration = new Map<string, { value: string; readonly: boolean }>([
    ['HeartBeatInterval', { value: '300', readonly: false }],
    ['ConnectionTimeOut', { value: '60', readonly: false }],
    ['ResetRetries', { value: '3', readonly: false }],
    ['MeterValueSampleInterval', { value: '900', readonly: false }],
    ['MeterValuesSampledData', { value: 'Energy.Active.Import.Register', readonly: false }],
    ['ChargePointId', { value: 'simulated', readonly: true }],
  ]);
  readonly localList = new Map<string, string>();
  listVersion = 0;
  readonly reservations = new Map<
    number,
    { readonly connectorId: number; readonly idTag: string; readonly expiryDate: string }
  >();
  readonly running = new Map<number, RunningTransaction>();
  readonly inoperative = new Set<number>();
  firmwareVersion = '1.0.0';

  constructor(readonly connectors: number) {}

  hasConnector(connectorId: number): boolean {
    return connectorId >= 0 && connectorId <= this.connectors;
  }

  runsOn(connectorId: number): boolean {
    return connectorId === 0 ? this.running.size > 0 : this.running.has(connectorId);
  }

  setConfiguration({
    key,
    value,
  }: ChargePointRequest<'ChangeConfiguration'>): 'Accepted' | 'Rejected' | 'NotSupported' {
    const entry = this.configuration.get(key);
    if (entry === undefined) return 'NotSupported';
    if (entry.readonly) return 'Rejected';
    entry.value = value;
    return 'Accepted';
  }

  readConfiguration(keys: readonly string[]) {
    const wanted = keys.length === 0 ? [...this.configuration.keys()] : keys;
    return {
      configurationKey: wanted.flatMap((key) => {
        const entry = this.configuration.get(key);
        return entry === undefined ? [] : [{ key, ...entry }];
      }),
      unknownKey: wanted.filter((key) => !this.configuration.has(key)),
    };
  }

  updateList({
    updateType,
    listVersion,
    localAuthorisationList = [],
  }: ChargePointRequest<'SendLocalList'>): 'Accepted' | 'VersionMismatch' {
    if (updateType === 'Differential' && listVersion <= this.listVersion) return 'VersionMismatch';
    if (updateType === 'Full') this.localList.clear();
    for (const { idTag, idTagInfo } of localAuthorisationList) {
      if (idTagInfo === undefined) this.localList.delete(idTag.toLowerCase());
      else this.localList.set(idTag.toLowerCase(), idTagInfo.status);
    }
    this.listVersion = listVersion;
    return 'Accepted';
  }

  reserve({ connectorId, reservationId, idTag, expiryDate }: ChargePointRequest<'ReserveNow'>, now: string) {
    if (!this.hasConnector(connectorId)) return 'Rejected' as const;
    if (this.inoperative.has(connectorId) || this.inoperative.has(0)) return 'Unavailable' as const;
    const others = [...this.reservations].filter(([id, { expiryDate: until }]) => id !== reservationId && until > now);
    const taken = others.some(([, other]) => connectorId !== 0 && other.connectorId === connectorId);
    if (taken || this.runsOn(connectorId) || others.length + this.running.size >= this.connectors)
      return 'Occupied' as const;
    this.reservations.set(reservationId, { connectorId, idTag, expiryDate });
    return 'Accepted' as const;
  }
}
