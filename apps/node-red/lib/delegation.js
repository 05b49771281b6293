'use strict';

const { Refused } = require('./problems');

/** What the nodes of this process had the service delegate, and how many still want it. */
const entries = new Map();

/** Sees to it that the service leaves operations to flows as long as a node answers them, and no longer. */
class Delegation {
  constructor(api, { operations, boxes, delegate }, { signal, warn }) {
    Object.assign(this, { api, signal, warn });
    const places = boxes.length === 0 ? [undefined] : boxes;
    const parts = places.flatMap((identity) => operations.map((operation) => ({ identity, operation })));
    this.wanted = delegate ? parts.map((part) => ({ ...part, key: this.key(part) })) : [];
    for (const part of this.wanted) entryOf(part).wanting += 1;
  }

  /** Called whenever the connection stands; failures are told, the next connection tries again. */
  async ensure() {
    try {
      // A call whose answer nobody hears may have reached the service.
      for (const part of this.wanted) entryOf(part).isDelegated = true;
      await this.change('delegated', this.wanted, this.signal);
      await this.tidy(this.signal);
    } catch (error) {
      if (!this.signal.aborted)
        this.warn(`The service could not be told which operations flows answer. ${error.message}`);
    }
  }

  /** The node ends, for a deploy or for good. */
  release() {
    for (const part of this.wanted) entryOf(part).wanting -= 1;
  }

  /** What no node wants any more goes back to the built-in rules. */
  async tidy(signal = AbortSignal.timeout(5_000)) {
    const orphans = [...entries.values()].filter(
      ({ base, wanting, isDelegated }) => base === this.api.base.href && wanting === 0 && isDelegated,
    );
    await this.change(null, orphans, signal);
    for (const { key } of orphans) entries.delete(key);
  }

  async change(answerer, parts, signal) {
    for (const [identity, operations] of byBox(parts)) {
      const answers = Object.fromEntries(operations.map((operation) => [operation, answerer]));
      if (identity === undefined) await this.api.call('PATCH', '/api/answering', { body: { answers }, signal });
      else await this.changeBox(identity, answers, signal);
    }
  }

  async changeBox(identity, answers, signal) {
    const path = `/api/charge-boxes/${encodeURIComponent(identity)}/answers`;
    try {
      await this.api.call('PATCH', path, { body: answers, signal });
    } catch (error) {
      // A box that has not shown itself yet must not keep the others from it.
      if (!(error instanceof Refused)) throw error;
      this.warn(`${identity} cannot be left to this flow: ${error.message}`);
    }
  }

  key({ identity, operation }) {
    return JSON.stringify([this.api.base.href, identity, operation]);
  }
}

function entryOf({ key, identity, operation }) {
  if (!entries.has(key))
    entries.set(key, { key, base: JSON.parse(key)[0], identity, operation, wanting: 0, isDelegated: false });
  return entries.get(key);
}

function byBox(parts) {
  const boxes = new Map();
  for (const { identity, operation } of parts) boxes.set(identity, [...(boxes.get(identity) ?? []), operation]);
  return boxes;
}

module.exports = { Delegation };
