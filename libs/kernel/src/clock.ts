/** The time of day as the service sees it. Only adapters and the runtime ask for it; decisions are told. */
export interface Clock {
  /** Milliseconds since 1970 in UTC. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };
