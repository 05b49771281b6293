export { AuthorizationDirectory, emptySeed } from './authorization-directory';
export type { AuthorizationSeed } from './authorization-directory';
export { ChargeBoxes } from './charge-boxes';
export { loadChargeBox } from './charge-box-history';
export * from './commands';
export { RuntimeModule } from './runtime.module';
export type { RuntimeSettings } from './settings';
export * from './tokens';
export { greatestTransactionId, TransactionIds } from './transaction-ids';
