import type { MeterReading, MeterValue, TransactionData } from '@app/ocpp';
import { location, meterReadingDefaults } from '@app/ocpp';
import type { CompleteMeterValue, CompleteReading, Suspicion } from './events';
import { believedAt, interpretTime } from './times';

/** A register of imported energy at a moment. */
export interface Register {
  readonly wattHours: number;
  readonly at: string;
}

/** Where a box measures; starts and stops are read at its outlet. */
export type MeterLocation = (typeof location.literals)[number];

/** A register as meter values tell it. Those of different locations are different meters. */
export interface LocatedRegister extends Register {
  readonly location: MeterLocation;
}

/** Fills in what absent attributes mean (OCPP 1.5, 7.27). Only for energy is the unit known. */
export function completeReading(reading: MeterReading): CompleteReading {
  const complete = { ...meterReadingDefaults, ...reading };
  if (complete.unit !== undefined || !complete.measurand.startsWith('Energy.')) return complete;
  return { ...complete, unit: 'Wh' };
}

export interface CompleteValues {
  readonly values: readonly CompleteMeterValue[];
  readonly suspicions: readonly Suspicion[];
}

/** Readings as they are kept, with what is odd about them. */
export function completeValues(
  values: readonly MeterValue[],
  receivedAt: string,
  timeZone: string | undefined,
): CompleteValues {
  const suspicions = new Set<Suspicion>();
  const complete = values.map(({ timestamp, value }) => {
    const { time, suspicions: ofTime } = interpretTime(timestamp, receivedAt, timeZone);
    for (const suspicion of ofTime) suspicions.add(suspicion);
    const readings = value.map(completeReading);
    if (readings.some((reading) => reading.format === 'Raw' && numberOf(reading) === undefined))
      suspicions.add('value-unreadable');
    return { timestamp: time, value: readings };
  });
  return { values: complete, suspicions: [...suspicions] };
}

/** The readings of a stop, out of their containers. */
export function valuesOf(transactionData: readonly TransactionData[] | undefined): readonly MeterValue[] {
  return (transactionData ?? []).flatMap(({ values }) => values ?? []);
}

// A value may be as long as a message.
const longestNumber = 64;
const decimal = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?$/;

/** The number of a raw reading; `undefined` for signed data and for text that is no number. */
export function numberOf({ format, value }: CompleteReading): number | undefined {
  if (format !== 'Raw' || value.length > longestNumber || !decimal.test(value)) return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

/** The registers of imported active energy, in the order sent. */
export function registersOf(values: readonly CompleteMeterValue[]): readonly LocatedRegister[] {
  return values.flatMap(({ timestamp, value }) =>
    value.flatMap((reading) => {
      const place = location.literals.find((literal) => literal === reading.location);
      const number = reading.measurand === 'Energy.Active.Import.Register' ? numberOf(reading) : undefined;
      if (place === undefined || number === undefined || (reading.unit !== 'Wh' && reading.unit !== 'kWh')) return [];
      return [{ wattHours: reading.unit === 'kWh' ? number * 1_000 : number, at: timestamp.at, location: place }];
    }),
  );
}

/** The registers as of the moments to reckon with. */
export function believed(registers: readonly LocatedRegister[], receivedAt: string): readonly LocatedRegister[] {
  return registers.map((register) => ({ ...register, at: believedAt(register.at, receivedAt) }));
}

/** The last register of imported active energy at the outlet, `undefined` when none is among the readings. */
export function lastRegisterIn(values: readonly CompleteMeterValue[]): Register | undefined {
  return registersOf(values).findLast((register) => register.location === meterReadingDefaults.location);
}

/** The last register of each location. */
export function lastRegistersIn(values: readonly CompleteMeterValue[]): readonly LocatedRegister[] {
  const registers = registersOf(values);
  return location.literals.flatMap((place) => registers.findLast((register) => register.location === place) ?? []);
}

// Small readings jump by rounding and by delay; only more than this is suspect.
const tolerated = 1_000;

/** What is odd about a register following another. An older one than the known says nothing. */
export function suspicionOf(
  previous: Register | undefined,
  next: Register,
  maximumPower: number,
): Suspicion | undefined {
  if (previous === undefined || next.at < previous.at) return undefined;
  if (next.wattHours < previous.wattHours) return next.wattHours === 0 ? 'meter-zero-baseline' : 'meter-backwards';
  const hours = (Date.parse(next.at) - Date.parse(previous.at)) / 3_600_000;
  return next.wattHours - previous.wattHours > maximumPower * hours + tolerated ? 'meter-jump' : undefined;
}
