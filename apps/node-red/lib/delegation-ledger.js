'use strict';

const { byBox, setAnswers } = require('./delegation');
const { Kept } = require('./kept');
const { Refused } = require('./problems');

/** Milliseconds until what could not be handed back is tried again. */
const again = 30_000;
const patience = 5_000;
const runtimes = new WeakMap();

/**
 * What the nodes of a Node-RED had services leave to flows, and how many still want it. It outlives the process, so that nothing is
 * forgotten that a service could not take back.
 */
class DelegationLedger {
  entries = new Map();
  /** The way to each service that a node of this process used, by its address. */
  apis = new Map();
  told = new Set();

  static ofRuntime(RED) {
    if (!runtimes.has(RED.events)) runtimes.set(RED.events, new DelegationLedger(RED));
    return runtimes.get(RED.events);
  }

  constructor(RED) {
    this.warn = (text) => RED.log.warn(`[ocpp-server] ${text}`);
    const onError = ({ message }) => this.warn(message);
    this.kept = new Kept({ userDir: RED.settings.userDir, nodeId: 'delegated', onError });
    for (const [key, part] of this.kept.entries()) this.entries.set(key, { ...part, wanting: 0 });
    // Not before: in the middle of a deploy nodes want what they have from another one that was replaced.
    RED.events.on('flows:started', () => this.tidy());
  }

  want(api, parts) {
    this.apis.set(api.base.href, api);
    for (const part of parts) this.entryOf(api, part).wanting += 1;
  }

  release(api, parts) {
    for (const part of parts) this.entryOf(api, part).wanting -= 1;
  }

  mark(api, parts) {
    for (const part of parts) {
      const { key, base, identity, operation } = this.entryOf(api, part);
      if (this.kept.get(key) === undefined) this.kept.put(key, { key, base, identity, operation });
    }
  }

  entryOf(api, { identity, operation }) {
    const base = api.base.href;
    const key = JSON.stringify([base, identity, operation]);
    if (!this.entries.has(key)) this.entries.set(key, { key, base, identity, operation, wanting: 0 });
    return this.entries.get(key);
  }

  /** What no node wants any more goes back to the rules that stand behind it. */
  async tidy() {
    clearTimeout(this.timer);
    const orphans = this.orphans();
    for (const base of new Set(orphans.map((entry) => entry.base))) {
      const ofBase = orphans.filter((entry) => entry.base === base);
      for (const [identity, operations] of byBox(ofBase)) await this.handBack({ base, identity, operations });
    }
    if (this.orphans().length > 0) this.timer = setTimeout(() => this.tidy(), again).unref();
  }

  orphans() {
    return [...this.entries.values()].filter(({ key, wanting }) => wanting <= 0 && this.kept.get(key) !== undefined);
  }

  async handBack({ base, identity, operations }) {
    const api = this.apis.get(base);
    try {
      if (api === undefined) throw new Error('No node leads to it any more.');
      await setAnswers(api, { identity, operations }, null, AbortSignal.timeout(patience));
    } catch (error) {
      const isGone = identity !== undefined && error instanceof Refused && error.status === 404;
      if (!isGone) return this.tell({ base, identity, operations }, error);
    }
    for (const operation of operations) this.forget(JSON.stringify([base, identity, operation]));
    return undefined;
  }

  /** A node may want it again by now. */
  forget(key) {
    if (this.entries.get(key).wanting > 0) return;
    this.entries.delete(key);
    this.kept.remove(key);
  }

  /** Once for each. */
  tell({ base, identity, operations }, { message }) {
    const what = `${operations.join(', ')}${identity === undefined ? '' : ` of ${identity}`}`;
    const text = `${base} still leaves ${what} to flows, and no node answers any more. ${message}`;
    if (!this.told.has(text)) this.warn(text);
    this.told.add(text);
  }
}

module.exports = { DelegationLedger };
