'use strict';

/** Milliseconds that a timer can count, nearly 25 days. */
const longest = 2 ** 31 - 1;

/**
 * A signal at a time that may be far away, or with another signal. Node 20 may collect a signal of `AbortSignal.timeout` that only
 * `AbortSignal.any` holds, and then it never comes.
 */
function deadline(at, signal) {
  const over = new AbortController();
  let timer;
  const wait = () => {
    const rest = at - Date.now();
    if (rest <= 0) return over.abort();
    timer = setTimeout(wait, Math.min(rest, longest)).unref();
    return undefined;
  };
  const onAbort = () => over.abort();
  const clear = () => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  };
  if (signal?.aborted) over.abort();
  else wait();
  signal?.addEventListener('abort', onAbort, { once: true });
  return { signal: over.signal, clear };
}

module.exports = { deadline };
