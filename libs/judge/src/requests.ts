import type {
  ChargeBoxEvent,
  ChargeBoxEventOf,
  ChargeBoxEventType,
  CompleteMeterValue,
  Facts,
  Policy,
  ReportedTime,
  TransactionStop,
} from '@app/charge-box';
import type { CentralSystemOperation, CentralSystemRequest, IdTagInfo } from '@app/ocpp';

/** The request that an event is the outcome of, and what was known when it was decided. */
export interface ImpliedRequest<Name extends CentralSystemOperation = CentralSystemOperation> {
  readonly operation: Name;
  readonly request: CentralSystemRequest<Name>;
  readonly facts: Facts;
}

type Imply<Type extends ChargeBoxEventType> = (data: ChargeBoxEventOf<Type>['data'], policy: Policy) => ImpliedRequest;

const nobody: IdTagInfo = { status: 'Invalid' };

function implied<Name extends CentralSystemOperation>(
  operation: Name,
  request: CentralSystemRequest<Name>,
  facts: Partial<Facts> & Pick<Facts, 'policy'>,
): ImpliedRequest {
  return { operation, request, facts: factsWith(facts) };
}

/** Facts of which only some are known. */
export const factsWith = (facts: Partial<Facts> & Pick<Facts, 'policy'>): Facts => ({
  authorization: nobody,
  newTransactionId: 1,
  dataTransfer: { status: 'UnknownVendorId' },
  ...facts,
});

/** The text of a time, absent where the box wrote none. */
function written({ at, text }: ReportedTime): { readonly timestamp?: string } {
  return text === '' ? {} : { timestamp: text ?? at };
}

function valuesOf(values: readonly CompleteMeterValue[]) {
  return values.map(({ timestamp, value }) => ({ ...written(timestamp), value }));
}

function stop(data: TransactionStop, policy: Policy): ImpliedRequest {
  const { transactionId, idTag, timestamp, meterStop, transactionData, idTagInfo } = data;
  const readings = transactionData.length === 0 ? {} : { transactionData: [{ values: valuesOf(transactionData) }] };
  const request = { transactionId, idTag, ...written(timestamp), meterStop, ...readings };
  return implied('StopTransaction', present(request) as CentralSystemRequest<'StopTransaction'>, {
    policy,
    ...(idTagInfo === undefined ? {} : { authorization: idTagInfo }),
  });
}

function present(request: object): object {
  return Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined));
}

/** The events that tell of a request by themselves; all others accompany one, or come from elsewhere. */
const principal: { readonly [Type in ChargeBoxEventType]?: Imply<Type> } = {
  ChargeBoxBooted: ({ boot, heartbeatInterval }, policy) =>
    implied('BootNotification', boot, { policy: { ...policy, heartbeatInterval } }),
  IdTagAuthorized: ({ idTag, idTagInfo }, policy) =>
    implied('Authorize', { idTag }, { policy, authorization: idTagInfo }),
  TransactionStarted: (data, policy) => {
    const { transactionId, connectorId, idTag, timestamp, meterStart, reservationId, idTagInfo } = data;
    const request = present({ connectorId, idTag, ...written(timestamp), meterStart, reservationId });
    return implied('StartTransaction', request as CentralSystemRequest<'StartTransaction'>, {
      policy,
      authorization: idTagInfo,
      newTransactionId: transactionId,
    });
  },
  TransactionStopped: stop,
  OrphanStopReceived: stop,
  ConnectorStatusReported: ({ timestamp, at: _at, ...report }, policy) => {
    const request = { ...report, ...written(timestamp) } as CentralSystemRequest<'StatusNotification'>;
    return implied('StatusNotification', request, { policy });
  },
  FirmwareStatusReported: ({ status }, policy) => implied('FirmwareStatusNotification', { status }, { policy }),
  DiagnosticsStatusReported: ({ status }, policy) =>
    implied(
      'DiagnosticsStatusNotification',
      { status },
      {
        policy,
      },
    ),
  DataTransferReceived: ({ answered, at: _at, ...request }, policy) =>
    implied('DataTransfer', request, { policy, dataTransfer: { status: answered } as Facts['dataTransfer'] }),
  MeterValuesReported: ({ connectorId, transactionId, values }, policy) => {
    const request = present({ connectorId, transactionId, values: valuesOf(values) });
    return implied('MeterValues', request as CentralSystemRequest<'MeterValues'>, { policy });
  },
  HeartbeatReceived: (_data, policy) => implied('Heartbeat', {}, { policy }),
};

/** The request that an event tells of; `undefined` for those that tell of none. */
export function impliedRequest(event: ChargeBoxEvent, policy: Policy): ImpliedRequest | undefined {
  const imply = principal[event.type] as Imply<ChargeBoxEventType> | undefined;
  return imply?.(event.data, policy);
}
