import type { Suspicion } from './events';
import type { Register } from './readings';
import { suspicionOf } from './readings';
import type { ChargeBoxState, OpenTransaction } from './state';
import { lastRegister } from './state';
import { believedAt } from './times';

/** When a transaction ended, and what its meter showed. */
export interface TransactionEnd {
  readonly at: string;
  /** Absent where an operator tells it. */
  readonly receivedAt?: string;
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
  { at, receivedAt = at, wattHours }: TransactionEnd,
  transaction: OpenTransaction,
  against: Against,
): readonly Suspicion[] {
  const found: Suspicion[] = [];
  if (transaction.superseded === true) found.push('superseded');
  if (at < transaction.startedAt) found.push('stop-before-start');
  if (wattHours === undefined) return found;
  const stop = { wattHours, at: believedAt(at, receivedAt) };
  return [...new Set([...found, ...suspicionsOfMeter(stop, transaction, against)])];
}

function suspicionsOfMeter(
  stop: Register,
  { connectorId, startedAt, receivedAt, meterStart, superseded }: OpenTransaction,
  { box, maximumPower, again = false }: Against,
): readonly Suspicion[] {
  const start = meterStart === undefined ? undefined : { wattHours: meterStart, at: believedAt(startedAt, receivedAt) };
  const last = superseded === true || again ? undefined : lastRegister(box, connectorId);
  // Also where the clock says that the stop came first.
  const backwards: readonly Suspicion[] =
    start !== undefined && stop.wattHours < start.wattHours ? ['meter-backwards'] : [];
  return [...backwards, ...[start, last].flatMap((known) => suspicionOf(known, stop, maximumPower) ?? [])];
}
