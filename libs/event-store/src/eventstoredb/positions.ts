import type { Position } from '@app/kernel';
import { BEGINNING } from '@app/kernel';

/** A place in $all. */
export interface LogPosition {
  readonly commit: bigint;
  readonly prepare: bigint;
}

// Twenty digits hold every unsigned integer of 64 bits, so that positions order as plain strings.
const width = 20;
const digits = (value: bigint): string => value.toString().padStart(width, '0');

export function textOf({ commit, prepare }: LogPosition): Position {
  return digits(commit) + digits(prepare);
}

/** No log is as long as half of what 64 bits can say; servers have been seen to say the greatest number there is. */
export function isPlausible({ commit, prepare }: LogPosition): boolean {
  return commit < 2n ** 63n && prepare < 2n ** 63n;
}

/** Throws a RangeError for text that no store of this kind gave out; `undefined` for the beginning. */
export function placeOf(position: Position): LogPosition | undefined {
  if (position === BEGINNING) return undefined;
  if (!/^\d{40}$/.test(position))
    throw new RangeError(`not a position of this event store: ${JSON.stringify(position)}`);
  return { commit: BigInt(position.slice(0, width)), prepare: BigInt(position.slice(width)) };
}
