/** What can go wrong with a simulated box, each with the probability that it does. */
export const faultNames = {
  lostAnswer: 'The answer is not read; the same request is sent again.',
  duplicate: 'A request is sent twice at the same time.',
  missingHeaders: 'MessageID, Action, From and To are left out.',
  gzip: 'The body is compressed with gzip.',
  deflate: 'The body is compressed with deflate.',
  reorderedFields: 'Fields stand in the wrong order.',
  localTime: 'Times have no zone.',
  reboot: 'The box boots in the middle of a transaction.',
  offline: 'Start and stop are sent when the charging is over, one after the other, and nothing besides them.',
} as const;

export type FaultName = keyof typeof faultNames;

export interface SimulatedFaults extends Partial<Readonly<Record<FaultName, number>>> {
  /** Seconds that the clock of the box is ahead. */
  readonly clockSkew?: number;
}

/** Reads `name=probability` of a command line. Throws a RangeError that says what is wrong. */
export function parseFault(text: string): SimulatedFaults {
  const [name = '', value = ''] = text.split('=');
  const number = Number(value);
  if (name === 'clockSkew' && value !== '' && Number.isFinite(number)) return { clockSkew: number };
  if (!Object.hasOwn(faultNames, name))
    throw new RangeError(`Unknown fault ${name}. Known: ${Object.keys(faultNames).join(', ')}, clockSkew.`);
  if (value === '' || !(number >= 0 && number <= 1))
    throw new RangeError(`The probability of ${name} must be between 0 and 1.`);
  return { [name]: number };
}
