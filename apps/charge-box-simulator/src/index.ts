export { SimulatedChargeBox } from './charge-box';
export { serveChargePoint } from './charge-point-service';
export type { ChargePointService } from './charge-point-service';
export type { SimulatedFaults } from './faults';
export { runFleet } from './fleet';
export { readText, responseText } from './soap-text';
export type { AnsweredReading, AnsweredStart, AnsweredStop, FleetReport } from './fleet';
