'use strict';

const { Refused } = require('./problems');

/** Milliseconds between looks at what the service leaves to flows: where all is well, and where it is not. */
const seldom = 30_000;
const soon = 2_000;

/** Sees to it that the service leaves operations to flows as long as a node answers them. */
class Delegation {
  /** What stands against it, for people; null before anybody looked. */
  fault = null;
  looks = 0;

  constructor(ledger, api, { operations, boxes, delegate }, { signal, onChange }) {
    Object.assign(this, { ledger, api, signal, onChange });
    const places = boxes.length === 0 ? [undefined] : boxes;
    const parts = places.flatMap((identity) => operations.map((operation) => ({ identity, operation })));
    this.wanted = delegate ? parts : [];
    if (this.wanted.length === 0) this.fault = undefined;
    ledger.want(api, this.wanted);
  }

  /** From the moment at which the connection stands: others may take operations back, and boxes show themselves later. */
  async keep() {
    const look = (this.looks += 1);
    clearTimeout(this.timer);
    if (this.wanted.length === 0) return;
    await this.ensure();
    if (this.signal.aborted || look !== this.looks) return;
    this.timer = setTimeout(() => this.keep(), this.fault === undefined ? seldom : soon).unref();
  }

  async ensure() {
    // A call whose answer nobody hears may have reached the service.
    this.ledger.mark(this.api, this.wanted);
    const fault = await this.faultOfAll();
    if (this.signal.aborted || fault === this.fault) return;
    this.fault = fault;
    this.onChange();
  }

  async faultOfAll() {
    let found;
    for (const [identity, operations] of byBox(this.wanted)) {
      try {
        await this.ensureAt(identity, operations);
      } catch (error) {
        found ??= identity === undefined ? error.message : `${identity}: ${error.message}`;
        // A box that has not shown itself yet must not keep the others from it.
        if (!(error instanceof Refused)) return found;
      }
    }
    return found;
  }

  async ensureAt(identity, operations) {
    const { body } = await this.api.call('GET', placeOf(identity), { signal: this.signal });
    const missing = operations.filter((operation) => body.answers?.[operation] !== 'delegated');
    if (missing.length > 0) await setAnswers(this.api, { identity, operations: missing }, 'delegated', this.signal);
  }

  /** The node ends, for a deploy or for good. */
  release() {
    clearTimeout(this.timer);
    this.ledger.release(this.api, this.wanted);
  }
}

const placeOf = (identity) =>
  identity === undefined ? '/api/answering' : `/api/charge-boxes/${encodeURIComponent(identity)}`;

/** Null takes the rule away. */
function setAnswers(api, { identity, operations }, answerer, signal) {
  const answers = Object.fromEntries(operations.map((operation) => [operation, answerer]));
  if (identity === undefined) return api.call('PATCH', placeOf(), { body: { answers }, signal });
  return api.call('PATCH', `${placeOf(identity)}/answers`, { body: answers, signal });
}

function byBox(parts) {
  const boxes = new Map();
  for (const { identity, operation } of parts) boxes.set(identity, [...(boxes.get(identity) ?? []), operation]);
  return boxes;
}

module.exports = { byBox, Delegation, setAnswers };
