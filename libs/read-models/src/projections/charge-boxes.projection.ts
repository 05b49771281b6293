import type { Change, DataOf, Occasion, Projection, ProjectedType } from '../projection';
import type { ChargeBoxRow } from '../rows';

type Fill<Type extends ProjectedType> = (data: DataOf<Type>) => Partial<ChargeBoxRow>;

const unknownBox = (identity: string): ChargeBoxRow => ({ identity, registration: 'Unknown', bootCount: 0 });

/** A sign of life of the box, with what it tells besides. */
function seen<Type extends ProjectedType>(fill?: Fill<Type>): Change<ChargeBoxRow, Type> {
  return {
    keys: (_data, { identity }) => [identity],
    apply: (row, data, { identity, receivedAt }) => {
      const known = row ?? unknownBox(identity);
      const lastSeenAt =
        known.lastSeenAt !== undefined && known.lastSeenAt > receivedAt ? known.lastSeenAt : receivedAt;
      const after = { ...known, firstSeenAt: known.firstSeenAt ?? receivedAt, lastSeenAt };
      return fill === undefined ? after : { ...after, ...fill(data) };
    },
  };
}

/** Something that somebody else says of the box. */
function told<Type extends ProjectedType>(fill: Fill<Type>): Change<ChargeBoxRow, Type> {
  return {
    keys: (_data, { identity }) => [identity],
    apply: (row, data, { identity }: Occasion) => ({ ...(row ?? unknownBox(identity)), ...fill(data) }),
  };
}

type WantedList = NonNullable<ChargeBoxRow['localListWanted']>;

/** What became of the local list that was wanted last. */
function wanted<Type extends ProjectedType>(
  fill: (data: DataOf<Type>) => Partial<WantedList>,
): Change<ChargeBoxRow, Type> {
  return {
    keys: (_data, { identity }) => [identity],
    apply: (row, data) =>
      row?.localListWanted === undefined ? row : { ...row, localListWanted: { ...row.localListWanted, ...fill(data) } },
  };
}

const fold = (...texts: readonly (string | undefined)[]): string => texts.join(' ').toLowerCase();

/** Which charge boxes there are and what they say of themselves. */
export const chargeBoxes: Projection<ChargeBoxRow> = {
  name: 'charge_boxes',
  version: 2,
  columns: {
    registration: (row) => row.registration,
    vendor: (row) => row.chargePointVendor?.toLowerCase() ?? null,
    model: (row) => row.chargePointModel?.toLowerCase() ?? null,
    search: (row) => fold(row.identity, row.chargePointSerialNumber, row.chargeBoxSerialNumber, row.note),
    last_seen: (row) => row.lastSeenAt ?? '',
  },
  indexes: ['registration'],
  on: {
    RegistrationDecided: told(({ registration }) => ({ registration })),
    ChargeBoxConfigured: told(({ timeZone, addressOverride, note, answers }) => ({
      timeZone,
      addressOverride,
      note,
      answers,
    })),
    ChargeBoxBooted: {
      keys: (_data, { identity }) => [identity],
      apply: (row, { boot, heartbeatInterval, at }, occasion) => {
        const before = row ?? unknownBox(occasion.identity);
        const firstSeenAt = before.firstSeenAt ?? at;
        return {
          ...before,
          ...boot,
          heartbeatInterval,
          bootCount: before.bootCount + 1,
          firstSeenAt,
          lastBootAt: at,
          lastSeenAt: at,
        };
      },
    },
    AddressObserved: seen(({ from, replyTo, remoteAddress }) => ({ from, replyTo, remoteAddress })),
    IdTagAuthorized: seen(),
    TransactionStarted: seen(),
    TransactionStopped: seen(),
    OrphanStopReceived: seen(),
    ConnectorStatusReported: seen(),
    DataTransferReceived: seen(),
    MeterValuesReported: seen(),
    // Only the last heartbeats are kept, so nothing but the last sign of life may rest on them.
    HeartbeatReceived: told(({ at }) => ({ lastSeenAt: at })),
    RequestDelegated: seen(),
    ChargeBoxSilent: told(({ lastSeenAt }) => ({ silentSince: lastSeenAt })),
    ChargeBoxBack: told(() => ({ silentSince: undefined })),
    OperationDeferred: told(({ reason, detail, at }) => ({ notReachable: { reason, detail, at } })),
    OperationAnswered: told(() => ({ notReachable: undefined })),
    OperationFaulted: told(() => ({ notReachable: undefined })),
    LocalListVersionRead: told(({ listVersion, at }) => ({ localListVersion: listVersion, localListVersionAt: at })),
    LocalListAnswered: told(({ listVersion, updateType, status, at }) => ({
      localListSent: { listVersion, updateType, status, at },
      ...(status === 'Accepted' ? { localListVersion: listVersion, localListVersionAt: at } : {}),
    })),
    LocalListWanted: told(({ listId, entries, at }) => ({ localListWanted: { listId, entries, at } })),
    LocalListConfirmed: wanted(({ listVersion, at }) => ({ confirmedVersion: listVersion, confirmedAt: at })),
    LocalListGivenUp: wanted(({ reason }) => ({ givenUp: reason })),
    FirmwareStatusReported: seen(({ status, at }) => ({ firmwareStatus: status, firmwareStatusAt: at })),
    DiagnosticsStatusReported: seen(({ status, at }) => ({ diagnosticsStatus: status, diagnosticsStatusAt: at })),
  },
};
