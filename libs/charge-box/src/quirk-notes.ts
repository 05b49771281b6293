import type { QuirkNote } from '@app/kernel';
import type { ChargeBoxEvent, CountedQuirk } from './events';
import type { ChargeBoxState } from './state';
import { streamOf } from './streams';

/** A request, as far as its deviations are concerned. */
interface Request {
  readonly quirks: readonly QuirkNote[];
  /** What it led to. */
  readonly events: readonly ChargeBoxEvent[];
  readonly at: string;
}

/** What is recorded of a request, and what is counted and not recorded yet. */
interface Noted {
  readonly events: readonly ChargeBoxEvent[];
  readonly counted: readonly CountedQuirk[];
}

const noteEvery = 3_600_000;

/**
 * Deviations are told by an event that is kept for good. Those of heartbeats, repetitions and refused requests, which lead to none, are
 * counted, and noted when one is new to the box, then at most once an hour. `counted`: since the last note.
 */
export function noteQuirks(
  box: ChargeBoxState,
  counted: readonly CountedQuirk[],
  { quirks, events, at }: Request,
): Noted {
  const areTold = events.some(({ type }) => streamOf(type) !== 'heartbeats');
  // Anybody can speak under any name: what is recorded of strangers is bounded elsewhere.
  if (quirks.length === 0 || areTold || box.registration !== 'Accepted') return { events, counted };
  const sum = quirks.reduce(oneMore, counted);
  if (!sum.some(({ name }) => isDue(box, name, at))) return { events, counted: sum };
  return { events: [...events, { type: 'QuirksNoted', data: { quirks: sum, at } }], counted: [] };
}

function oneMore(counted: readonly CountedQuirk[], quirk: QuirkNote): readonly CountedQuirk[] {
  const known = counted.find(({ name }) => name === quirk.name);
  const others = counted.filter((other) => other !== known);
  return [...others, { ...quirk, count: (known?.count ?? 0) + 1 }];
}

function isDue({ quirksNoted }: ChargeBoxState, name: string, at: string): boolean {
  const noted = quirksNoted.find((quirk) => quirk.name === name);
  return noted === undefined || Date.parse(at) - Date.parse(noted.at) >= noteEvery;
}
