import type { ChargeBoxEventOf, OutboundEvent } from '@app/charge-box';
import type { Change, Projection, ProjectedType } from '../projection';
import type { OperationRow } from '../rows';

type CallEvent = Extract<OutboundEvent, { data: { readonly callId: string } }>['type'] & ProjectedType;

/** A change of the row of one operation that was scheduled before. */
function then<Type extends CallEvent>(
  change: (row: OperationRow, data: ChargeBoxEventOf<Type>['data']) => OperationRow,
): Change<OperationRow, Type> {
  return {
    keys: (data) => [(data as { readonly callId: string }).callId],
    apply: (row, data) => row && change(row, data as ChargeBoxEventOf<Type>['data']),
  };
}

/** Every operation that was to be sent to a charge box, and what became of it. */
export const operationsProjection: Projection<OperationRow> = {
  name: 'operations',
  version: 2,
  columns: {
    scheduled_at: (row) => row.scheduledAt,
    identity: (row) => row.identity,
    operation: (row) => row.operation,
    status: (row) => row.status,
    batch: (row) => row.batchId ?? null,
    caller_key: (row) => row.idempotencyKey ?? null,
    unknown: (row) => (row.outcomeUnknown ? 1 : 0),
  },
  indexes: ['scheduled_at', 'identity, scheduled_at', 'status', 'batch', 'caller_key'],
  on: {
    OperationScheduled: {
      keys: ({ callId }) => [callId],
      apply: (_row, { at, request, ...call }, { identity }) => ({
        ...call,
        identity,
        data: request,
        status: 'Scheduled',
        scheduledAt: at,
        attempts: 0,
      }),
    },
    OperationSent: then((row, { attempt, url, messageId, respondBy, at }) => ({
      ...row,
      status: 'Sent',
      attempts: attempt,
      url,
      messageId,
      respondBy,
      sentAt: at,
      retryAt: undefined,
    })),
    OperationDeferred: then((row, { reason, detail, retryAt }) => ({
      ...row,
      status: 'Scheduled',
      respondBy: undefined,
      waitsBecause: { reason, detail },
      retryAt,
    })),
    OperationAnswered: then((row, { response, at }) => ({
      ...row,
      status: 'Answered',
      response,
      settledAt: at,
      respondBy: undefined,
      waitsBecause: undefined,
    })),
    OperationFaulted: then((row, { reason, detail, fault, status, at }) => ({
      ...row,
      status: 'Faulted',
      failure: { reason, detail, fault, httpStatus: status },
      settledAt: at,
      respondBy: undefined,
    })),
    OperationExpired: then((row, { outcome, detail, at }) => ({
      ...row,
      status: 'Expired',
      outcomeUnknown: outcome === 'unknown' ? true : undefined,
      failure: { reason: outcome, detail },
      settledAt: at,
      respondBy: undefined,
      retryAt: undefined,
    })),
    OperationCancelled: then((row, { by, reason, outcome, at }) => ({
      ...row,
      status: 'Cancelled',
      outcomeUnknown: outcome === 'unknown' ? true : undefined,
      cancelledBy: by,
      failure: reason === undefined ? undefined : { reason: 'cancelled', detail: reason },
      settledAt: at,
      retryAt: undefined,
    })),
    OperationConfirmed: then((row, { callId: _callId, ...evidence }) => ({
      ...row,
      // What the box did says what became of it; nobody need wonder any more.
      outcomeUnknown: undefined,
      evidence: [...(row.evidence ?? []), evidence],
    })),
  },
};
