import type { Suspicion } from './events';
import { suspicionOf } from './readings';
import type { ChargeBoxState, OpenTransaction } from './state';
import { lastRegister } from './state';

/** When a transaction ended, and what its meter showed. */
export interface TransactionEnd {
  readonly at: string;
  readonly wattHours?: number;
}

interface Against {
  readonly box: ChargeBoxState;
  /** Most that a connector can deliver, in watts. */
  readonly maximumPower: number;
  /** It had ended before: what its connector showed since says nothing. */
  readonly again?: boolean;
}

/** What is odd about the end of a transaction, whoever tells it. */
export function suspicionsOfEnd(
  { at, wattHours }: TransactionEnd,
  { connectorId, startedAt, meterStart, superseded }: OpenTransaction,
  { box, maximumPower, again = false }: Against,
): readonly Suspicion[] {
  const found = new Set<Suspicion>();
  if (superseded === true) found.add('superseded');
  if (at < startedAt) found.add('stop-before-start');
  if (wattHours === undefined) return [...found];
  const stop = { wattHours, at };
  if (meterStart !== undefined && wattHours < meterStart) found.add('meter-backwards');
  const start = meterStart === undefined ? undefined : { wattHours: meterStart, at: startedAt };
  const last = superseded === true || again ? undefined : lastRegister(box, connectorId);
  for (const known of [start, last]) {
    const suspicion = suspicionOf(known, stop, maximumPower);
    if (suspicion !== undefined) found.add(suspicion);
  }
  return [...found];
}
