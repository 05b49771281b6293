/** Digits of a position: enough for every safe integer, so that positions order as plain strings. */
const width = 16;

/** The text of a place in the log; 0 is the beginning. Kept free of imports: the threads of the embedded store load it. */
export function positionText(position: number): string {
  return position === 0 ? '' : String(position).padStart(width, '0');
}

/** Throws a RangeError for text that no store of ours gave out. */
export function positionNumber(position: string): number {
  if (position !== '' && !/^\d{16}$/.test(position))
    throw new RangeError(`not a position of this event store: ${JSON.stringify(position)}`);
  return Number(position);
}
