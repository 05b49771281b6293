import type { Infer } from '../schema';
import type { OcppVersion, RequestOf, ResponseOf } from '../operation';
import { centralSystem, meterValue, transactionData } from './central-system';
import { chargePoint } from './charge-point';
import type { authorizationStatus, idTagInfo, meterReading } from './types';

export * from './types';
export { centralSystem, chargePoint, meterValue, transactionData };

/** OCPP 1.5 over SOAP (final, June 2012). */
export const ocpp15 = {
  version: '1.5',
  centralSystem: { name: 'CentralSystemService', namespace: 'urn://Ocpp/Cs/2012/06/', operations: centralSystem },
  chargePoint: { name: 'ChargePointService', namespace: 'urn://Ocpp/Cp/2012/06/', operations: chargePoint },
} as const satisfies OcppVersion;

/** Name of an operation that charge boxes call. */
export type CentralSystemOperation = keyof typeof centralSystem;
/** Name of an operation that charge points serve. */
export type ChargePointOperation = keyof typeof chargePoint;

/** Operations that carry what money depends on (OCPP 1.5, 4.7, 4.8, 4.10): whatever happens, it must not be lost. */
export const carriesTransactionData: ReadonlySet<CentralSystemOperation> = new Set<CentralSystemOperation>([
  'StartTransaction',
  'StopTransaction',
  'MeterValues',
]);

export type CentralSystemRequest<Name extends CentralSystemOperation = CentralSystemOperation> = RequestOf<
  typeof centralSystem,
  Name
>;
export type CentralSystemResponse<Name extends CentralSystemOperation = CentralSystemOperation> = ResponseOf<
  typeof centralSystem,
  Name
>;
export type ChargePointRequest<Name extends ChargePointOperation = ChargePointOperation> = RequestOf<
  typeof chargePoint,
  Name
>;
export type ChargePointResponse<Name extends ChargePointOperation = ChargePointOperation> = ResponseOf<
  typeof chargePoint,
  Name
>;

export type IdTagInfo = Infer<typeof idTagInfo>;
export type AuthorizationStatus = Infer<typeof authorizationStatus>;
export type MeterReading = Infer<typeof meterReading>;
export type MeterValue = Infer<typeof meterValue>;
export type TransactionData = Infer<typeof transactionData>;
