import type { ChargeBoxState } from '@app/charge-box';
import { evolve, initialState, upcast } from '@app/charge-box';
import type { Position, RecordedEvent } from '@app/kernel';
import { BEGINNING } from '@app/kernel';
import type { ReadableLog } from './box-streams';
import { eventsOfBox } from './box-streams';
import type { Moment } from './moment';
import { isAfter } from './moment';

/** A charge box as it was at a moment, replayed from its first event. */
export interface BoxAt {
  readonly state: ChargeBoxState;
  /** Events that led to the state. */
  readonly events: number;
  /** The newest of them, oldest first. */
  readonly last: readonly RecordedEvent[];
  /** Place of the newest of them. */
  readonly position: Position;
  /** Whether more happened to the box after the moment. */
  readonly wentOn: boolean;
}

/** The box at a moment, or now; `last`: how many events are given back. No snapshot is used. */
export async function boxAt(
  log: ReadableLog,
  identity: string,
  { moment, last = 10 }: { readonly moment?: Moment | undefined; readonly last?: number } = {},
): Promise<BoxAt> {
  let state = initialState;
  let events = 0;
  let wentOn = false;
  const newest: RecordedEvent[] = [];
  for await (const event of eventsOfBox(log, identity)) {
    wentOn = moment !== undefined && isAfter(event, moment);
    if (wentOn) break;
    state = evolve(state, upcast(event));
    events += 1;
    newest.push(event);
    if (newest.length > Math.max(1, last)) newest.shift();
  }
  const position = newest.at(-1)?.position ?? BEGINNING;
  return { state, events, last: last === 0 ? [] : newest, position, wentOn };
}
