'use strict';

const { setTimeout: pause } = require('node:timers/promises');
const { Unreachable } = require('./problems');

const firstRetry = 250;
const longestRetry = 15_000;

/** Milliseconds until the next try: longer from failure to failure, and not the same for all who failed at once. */
function waitAfter(failures, error) {
  const longest = Math.min(longestRetry, firstRetry * 2 ** Math.min(failures, 10));
  return Math.max(Math.min(error.retryAfter ?? 0, longestRetry), Math.round(longest * (0.5 + Math.random() / 2)));
}

/**
 * Follows a feed for ever, behind the last id that was got. A refusal is waited out too: keys and settings of a service can be put right
 * without a deploy here.
 */
async function* follow(api, path, { query, after, signal, onOpen, onLost, onPlace }) {
  let last = after;
  let failures = 0;
  while (!signal.aborted) {
    let reason = new Unreachable('The service ended the connection.');
    try {
      const opened = () => {
        failures = 0;
        onOpen?.();
      };
      const placed = (id) => {
        last = id;
        onPlace?.(id);
      };
      yield* toldIn(api.events(path, { query, last, signal, onOpen: opened }), placed);
    } catch (error) {
      reason = error;
    }
    if (signal.aborted) return;
    const wait = waitAfter(failures, reason);
    failures += 1;
    onLost?.(reason, wait);
    await sleep(wait, signal);
  }
}

/** What has something to tell; a message may also say nothing but where to resume. */
async function* toldIn(messages, placed) {
  for await (const message of messages) {
    if (message.event !== undefined) yield message;
    if (message.id !== undefined) placed(message.id);
  }
}

/** Tries until it succeeds, is refused, or its time is over. */
async function persist(work, { signal, until = Infinity, onRetry }) {
  for (let failures = 0; ; failures += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Unreachable) || signal.aborted) throw error;
      const wait = waitAfter(failures, error);
      if (Date.now() + wait > until) throw error;
      onRetry?.(error, wait);
      await sleep(wait, signal);
      if (signal.aborted) throw error;
    }
  }
}

const sleep = (milliseconds, signal) => pause(milliseconds, undefined, { signal, ref: false }).catch(() => undefined);

module.exports = { follow, persist, sleep };
