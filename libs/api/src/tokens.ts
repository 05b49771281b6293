/** Injection token of the clock that the API tells the time by. */
export const API_CLOCK = Symbol('ApiClock');
