/** Time that only goes forward, and calls when some of it has passed. */
export interface Alarm {
  /** Milliseconds since some moment. */
  now(): number;
  /** The returned function takes it back. */
  after(milliseconds: number, work: () => void): () => void;
}

export const systemAlarm: Alarm = {
  now: () => performance.now(),
  after: (milliseconds, work) => {
    const timer = setTimeout(work, milliseconds).unref();
    return () => clearTimeout(timer);
  },
};
