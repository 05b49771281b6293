import type { Projection } from '../projection';
import type { ReservationRow } from '../rows';

const keyOf = (identity: string, reservationId: number): string => `${reservationId}\u0000${identity}`;

/** Every reservation, and how it ended. */
export const reservations: Projection<ReservationRow> = {
  name: 'reservations',
  version: 1,
  columns: {
    identity: (row) => row.identity,
    status: (row) => row.status,
    expiry: (row) => row.expiryDate,
  },
  indexes: ['identity', 'status'],
  on: {
    ReservationMade: {
      keys: ({ reservationId }, { identity }) => [keyOf(identity, reservationId)],
      apply: (_row, { at, ...made }, { identity }) => ({ ...made, identity, status: 'active', madeAt: at }),
    },
    ReservationEnded: {
      keys: ({ reservationId }, { identity }) => [keyOf(identity, reservationId)],
      apply: (row, { reason, at }) => (row?.status === 'active' ? { ...row, status: reason, endedAt: at } : row),
    },
    ReservationUsed: {
      keys: ({ reservationId }, { identity }) => [keyOf(identity, reservationId)],
      apply: (row, { transactionId, at }) =>
        row?.status === 'active' ? { ...row, status: 'used', transactionId, endedAt: at } : row,
    },
  },
};
