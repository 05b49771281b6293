/** What is promised of a figure, and what it came to. */
export interface Bar {
  readonly what: string;
  readonly measured: number;
  readonly bar: number;
  /** True where more is better. */
  readonly atLeast: boolean;
  readonly unit: string;
}

/** One line for each promise: whether it holds here. What a machine that is busy with other things says is worth little. */
export function verdicts(bars: readonly Bar[]): readonly string[] {
  return bars.map(({ what, measured, bar, atLeast, unit }) => {
    const holds = atLeast ? measured >= bar : measured <= bar;
    const figure = (value: number) => `${Number(value.toPrecision(3)).toLocaleString('en')}${unit}`;
    return `  ${holds ? 'holds   ' : 'MISSED  '} ${what}: ${figure(measured)}, promised ${atLeast ? 'at least' : 'at most'} ${figure(bar)}`;
  });
}
