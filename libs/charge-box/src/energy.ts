import type { ChargeBoxEvent } from './events';
import { lastRegisterIn } from './readings';

/** Where the figure at the end of a transaction comes from; the first of these that is there counts. */
export const energySources = ['meterStop', 'transactionData', 'meterValues'] as const;
export type EnergySource = (typeof energySources)[number];

/** What is known of the energy of a transaction. */
export interface KnownEnergy {
  readonly meterStart?: number;
  readonly meterStop?: number;
  /** Wh since the start. */
  readonly energy?: number;
  readonly energySource?: EnergySource;
}

/**
 * What is known of it after an event of the transaction. Readings count until its end tells a figure; a correction that tells none leaves the
 * figure as it was.
 */
export function energyAfter<Known extends KnownEnergy>(
  known: Known,
  event: Pick<ChargeBoxEvent, 'type' | 'data'>,
): Known {
  const { type, data } = event as ChargeBoxEvent;
  switch (type) {
    case 'MeterValuesReported':
      return known.energySource === undefined || known.energySource === 'meterValues'
        ? counted(known, lastRegisterIn(data.values)?.wattHours, 'meterValues')
        : known;
    case 'TransactionStopped':
      return ended(known, data.meterStop, lastRegisterIn(data.transactionData)?.wattHours);
    case 'TransactionClosed':
    case 'TransactionCorrected':
      return ended(known, data.meterStop, data.lastRegister);
    default:
      return known;
  }
}

function ended<Known extends KnownEnergy>(
  known: Known,
  meterStop: number | undefined,
  lastRegister: number | undefined,
): Known {
  if (meterStop !== undefined) return counted({ ...known, meterStop }, meterStop, 'meterStop');
  if (lastRegister === undefined) return known;
  return counted({ ...known, meterStop: undefined }, lastRegister, 'transactionData');
}

function counted<Known extends KnownEnergy>(
  known: Known,
  wattHours: number | undefined,
  energySource: EnergySource,
): Known {
  const { meterStart } = known;
  return wattHours === undefined || meterStart === undefined
    ? known
    : { ...known, energy: wattHours - meterStart, energySource };
}
