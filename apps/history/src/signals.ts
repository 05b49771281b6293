const signals = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const;

/** A signal ends the process as an exit does, so that what is temporary goes with it. Who listens for the signal himself ends it his own way. */
export function exitBySignals(): void {
  for (const [signal, code] of signals)
    process.on(signal, () => {
      if (process.listenerCount(signal) === 1) process.exit(code);
    });
}
