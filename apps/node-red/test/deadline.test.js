'use strict';

const { deadline } = require('../lib/deadline');

// Times that are waited for, with the clock in the hand of the test. Cannot see: what a collector of garbage takes.

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

const day = 24 * 3_600_000;

it('comes at its time, also beyond what one timer can count', () => {
  const { signal } = deadline(Date.now() + 60 * day);
  jest.advanceTimersByTime(60 * day - 1);
  expect(signal.aborted).toBe(false);
  jest.advanceTimersByTime(1);
  expect(signal.aborted).toBe(true);
});

it('has come where its time is over, or the other signal came', () => {
  expect(deadline(Date.now() - 1).signal.aborted).toBe(true);
  expect(deadline(Date.now() + day, AbortSignal.abort()).signal.aborted).toBe(true);
});

it('comes with the other signal', () => {
  const leaving = new AbortController();
  const { signal } = deadline(Date.now() + day, leaving.signal);
  leaving.abort();
  expect(signal.aborted).toBe(true);
});

it('leaves nothing behind when it is cleared', () => {
  const leaving = new AbortController();
  const { signal, clear } = deadline(Date.now() + day, leaving.signal);
  clear();
  leaving.abort();
  jest.advanceTimersByTime(2 * day);
  expect(signal.aborted).toBe(false);
  expect(jest.getTimerCount()).toBe(0);
});
