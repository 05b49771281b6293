import type { OperationRow, RequestRow } from '@app/read-models';

/** A row with what a flow makes of it: the result in `payload`, what was asked in `ocpp`. */
export type FlowOperation = OperationRow & {
  readonly ocpp: {
    readonly command: string;
    readonly chargeBoxIdentity: string;
    readonly url?: string;
    readonly data: object;
  };
  readonly payload?: object;
};

export function flowOfOperation(row: OperationRow): FlowOperation {
  const { operation: command, identity: chargeBoxIdentity, url, data, response } = row;
  const ocpp = { command, chargeBoxIdentity, ...(url === undefined ? {} : { url }), data };
  return { ...row, ocpp, ...(response === undefined ? {} : { payload: response }) };
}

/** What a flow must know of a request of a charge box. */
type Asked = Pick<RequestRow, 'msgId' | 'identity' | 'operation' | 'request' | 'respondBy'> &
  Partial<Pick<RequestRow, 'from' | 'messageId'>>;

/** The request as a flow takes it: it answers by putting the fields of the response in place of `payload`. */
export function messageOfRequest({ msgId, identity, operation, request, respondBy, from, messageId }: Asked) {
  return {
    msgId,
    msgID: msgId,
    ocpp: {
      command: operation,
      chargeBoxIdentity: identity,
      ocppVersion: '1.5',
      ...(from === undefined ? {} : { From: from }),
      ...(messageId === undefined ? {} : { MessageID: messageId }),
      respondBy,
    },
    payload: { command: operation, data: request },
  };
}

export function flowOfRequest(row: RequestRow) {
  return { ...row, message: messageOfRequest(row) };
}
