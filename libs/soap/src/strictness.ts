import type { Quirk, QuirkName } from '@app/ocpp';

/** Deviations that no rule of OCPP 1.5 forbids outright; strict mode lives with them too. */
const harmless: ReadonlySet<QuirkName> = new Set<QuirkName>([
  'byte-order-mark',
  'no-from',
  'from-unusable',
  'fault-to',
  'message-id-form',
  'message-id-white-space',
  'identity-case',
  'identity-white-space',
  'time-without-zone',
  'identity-changed-address',
]);

/** The deviations that strict mode turns into a fault. */
export function forbidden(quirks: readonly Quirk[]): readonly Quirk[] {
  return quirks.filter(({ name }) => !harmless.has(name));
}
