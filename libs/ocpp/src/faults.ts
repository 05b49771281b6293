/** The SOAP faults of OCPP (1.5, 8.2): side at fault, and the sentence sent as reason. */
export const faultTable = {
  SecurityError: { code: 'Sender', reason: 'The sender is not allowed to do this.' },
  IdentityMismatch: { code: 'Sender', reason: 'The message is meant for another identity.' },
  ProtocolError: { code: 'Sender', reason: 'The message breaks the protocol.' },
  InternalError: { code: 'Receiver', reason: 'The receiver could not complete the request.' },
  NotSupported: { code: 'Receiver', reason: 'The receiver does not support this operation.' },
} as const satisfies Record<string, { code: 'Sender' | 'Receiver'; reason: string }>;

export type FaultName = keyof typeof faultTable;

/** A fault as a value: which one, and what was wrong in this case, for people. */
export interface OcppFault {
  readonly fault: FaultName;
  readonly detail: string;
}

export const ocppFault = (fault: FaultName, detail: string): OcppFault => ({ fault, detail });
