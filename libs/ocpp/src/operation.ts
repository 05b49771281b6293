import type { Infer, StructKind } from './schema';

/** One operation: what it is for, and its two messages. */
export interface Operation {
  readonly doc: string;
  readonly request: StructKind;
  readonly response: StructKind;
}

export type OperationTable = Readonly<Record<string, Operation>>;

/** One of the two services of a version: who is called, in which namespace, with which operations. */
export interface Service {
  /** Name of the service in its WSDL. */
  readonly name: 'CentralSystemService' | 'ChargePointService';
  readonly namespace: string;
  readonly operations: OperationTable;
}

/** One version of OCPP over SOAP. A further version is a further table. */
export interface OcppVersion {
  readonly version: '1.2' | '1.5' | '1.6';
  readonly centralSystem: Service;
  readonly chargePoint: Service;
}

export type MessageDirection = 'request' | 'response';

/** Local name of the body element: `bootNotificationRequest`. */
export function wrapperName(operation: string, direction: MessageDirection): string {
  return operation.charAt(0).toLowerCase() + operation.slice(1) + (direction === 'request' ? 'Request' : 'Response');
}

/** WS-Addressing action: `/BootNotification`, `/BootNotificationResponse`. */
export function actionOf(operation: string, direction: MessageDirection): string {
  return direction === 'request' ? `/${operation}` : `/${operation}Response`;
}

export type RequestOf<Table extends OperationTable, Name extends keyof Table> = Infer<Table[Name]['request']>;
export type ResponseOf<Table extends OperationTable, Name extends keyof Table> = Infer<Table[Name]['response']>;
