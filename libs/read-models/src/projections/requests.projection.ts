import type { Projection } from '../projection';
import type { RequestRow } from '../rows';

/** Every request that somebody outside was to answer, and who did. */
export const requestsProjection: Projection<RequestRow> = {
  name: 'requests',
  version: 2,
  columns: {
    received_at: (row) => row.receivedAt,
    identity: (row) => row.identity,
    operation: (row) => row.operation,
    status: (row) => row.status,
  },
  indexes: ['received_at', 'identity, received_at', 'status'],
  on: {
    RequestDelegated: {
      keys: ({ msgId }) => [msgId],
      apply: (_row, { at, meterText: _meterText, ...request }, { identity, position }) => ({
        ...request,
        identity,
        position,
        status: 'Pending',
        receivedAt: at,
      }),
    },
    RequestClaimed: {
      keys: ({ msgId }) => [msgId],
      apply: (row, { responder, leaseUntil }) => row && { ...row, claim: { responder, leaseUntil } },
    },
    RequestReleased: {
      keys: ({ msgId }) => [msgId],
      apply: (row) => row && { ...row, claim: undefined },
    },
    RequestRepeated: {
      keys: ({ msgId }) => [msgId],
      apply: (row, { heldBy }) =>
        row && {
          ...row,
          hungUp: undefined,
          repetitions: (row.repetitions ?? 0) + 1,
          heldBy: heldBy ?? row.heldBy,
        },
    },
    RequestAnswered: {
      keys: ({ msgId }) => [msgId],
      apply: (row, { response, responder, delivered, at }) =>
        row && { ...row, status: 'Answered', response, responder, delivered, settledAt: at },
    },
    RequestExpired: {
      keys: ({ msgId }) => [msgId],
      apply: (row, { response, fault, delivered, at }) =>
        row && { ...row, status: 'Expired', response, fault, delivered, settledAt: at },
    },
    RequestInterrupted: {
      keys: ({ msgId }) => [msgId],
      apply: (row, { reason, at }) => {
        if (row === undefined) return row;
        return reason === 'hung-up'
          ? { ...row, hungUp: true }
          : { ...row, status: 'Interrupted', delivered: false, settledAt: at };
      },
    },
    LateAnswerRefused: {
      keys: ({ msgId }) => [msgId],
      apply: (row) => row && { ...row, lateAnswers: (row.lateAnswers ?? 0) + 1 },
    },
  },
};
