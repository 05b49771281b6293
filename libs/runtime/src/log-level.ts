import type { ChargeBoxEvent } from '@app/charge-box';

/** What an operator wants to read of a fleet; the rest is told at the level debug. */
const worthTelling: ReadonlySet<ChargeBoxEvent['type']> = new Set([
  'ChargeBoxBooted',
  'ChargeBoxSilent',
  'ChargeBoxBack',
  'RegistrationDecided',
  'OperationSent',
  'OperationFaulted',
  'OperationExpired',
  'OrphanStopReceived',
]);

export const levelOf = ({ type }: ChargeBoxEvent): 'info' | 'debug' => (worthTelling.has(type) ? 'info' : 'debug');
