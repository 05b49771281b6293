import type { CentralSystemOperation } from '@app/ocpp';

/** What an answer from outside may leave out. */
export interface Completion {
  readonly at: string;
  readonly heartbeatInterval: number;
  readonly newTransactionId: number;
}

/** The answer with what may be left out filled in: the time, the interval, the id of a transaction. Anything but an object stays as it is. */
export function completeResponse(operation: CentralSystemOperation, response: unknown, given: Completion): unknown {
  if (typeof response !== 'object' || response === null || Array.isArray(response)) return response;
  switch (operation) {
    case 'BootNotification':
      return { currentTime: given.at, heartbeatInterval: given.heartbeatInterval, ...present(response) };
    case 'Heartbeat':
      return { currentTime: given.at, ...present(response) };
    case 'StartTransaction':
      return { transactionId: given.newTransactionId, ...present(response) };
    default:
      return response;
  }
}

// Flow authors write null for "nothing".
function present(response: object): object {
  return Object.fromEntries(Object.entries(response).filter(([, value]) => value !== undefined && value !== null));
}
