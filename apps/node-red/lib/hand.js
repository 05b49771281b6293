'use strict';

/** Requests that one node may have unanswered. */
const most = 10_000;

const runtimes = new WeakMap();

/** The requests that a node gave to its flow and that are not over: none is given twice, unless a deploy may have lost it. */
class Hand {
  messages = new Map();

  /** The hands of all nodes of a runtime, kept over deploys. */
  static ofRuntime(RED) {
    if (!runtimes.has(RED.events)) runtimes.set(RED.events, Hand.watch(RED));
    return runtimes.get(RED.events);
  }

  static watch(RED) {
    const hands = new Map();
    RED.events.on('flows:stopping', ({ type, diff, config } = {}) => {
      for (const [id, hand] of hands) if (isShaken(id, type, diff, config)) hand.shake();
    });
    RED.events.on('flows:started', () => {
      for (const hand of hands.values()) hand.offerAgain();
    });
    return {
      of({ id }) {
        if (!hands.has(id)) hands.set(id, new Hand());
        return hands.get(id);
      },
      forget: (id) => hands.delete(id),
    };
  }

  get size() {
    return this.messages.size;
  }

  has(msgId) {
    return this.messages.has(msgId);
  }

  take(message) {
    this.messages.delete(message.msgId);
    this.messages.set(message.msgId, message);
    if (this.messages.size > most) this.messages.delete(this.messages.keys().next().value);
  }

  drop(msgId) {
    this.messages.delete(msgId);
  }

  /** Drops what is past its time; true when something was. */
  prune(now = Date.now()) {
    const before = this.messages.size;
    for (const [msgId, { ocpp }] of this.messages) if (Date.parse(ocpp.respondBy) < now) this.messages.delete(msgId);
    return this.messages.size < before;
  }

  /** The flow may have lost what it had. */
  shake() {
    this.lost = [...this.messages.values()];
  }

  /** Gives the flow again what it may have lost. */
  offerAgain() {
    this.prune();
    const lost = (this.lost ?? []).filter(({ msgId }) => this.messages.has(msgId));
    this.lost = undefined;
    for (const message of lost) this.onAgain?.(message);
  }
}

/** Whether a deploy stops nodes that may have had messages of this node: those that lie downstream of it. */
function isShaken(id, type, diff, config) {
  const nodes = new Map((config?.flows ?? []).map((node) => [node.id, node]));
  // Nodes within a subflow are not in the configuration by the id that they have.
  if (type === 'full' || diff === undefined || !nodes.has(id)) return true;
  const reached = downstreamOf(id, nodes);
  const wasCut = diff.removed.length > 0 && diff.rewired.some((one) => one === id || reached.has(one));
  const stopped = new Set(stoppedBy(type, diff));
  // All nodes of a tab stop where the tab itself changed, such as its environment.
  const tabs = new Set(listOf(diff.flowChanged));
  const isStopped = (one) => stopped.has(one) || tabs.has(nodes.get(one)?.z);
  return wasCut || [...reached].some((one) => one !== id && isStopped(one));
}

/** The nodes that Node-RED stops for a deploy that is not a full one. */
function stoppedBy(type, { changed, removed, linked, rewired }) {
  return [...changed, ...removed, ...(type === 'flows' ? [...linked, ...rewired] : [])];
}

function downstreamOf(id, nodes) {
  const reached = new Set();
  const coming = nextOf(nodes.get(id));
  while (coming.length > 0) {
    const next = coming.pop();
    if (reached.has(next)) continue;
    reached.add(next);
    coming.push(...nextOf(nodes.get(next)));
  }
  return reached;
}

const nextOf = (node) => [...listOf(node?.wires).flat(), ...listOf(node?.links)];

/** A flow file may have been written by hand. */
const listOf = (value) => (Array.isArray(value) ? value : []);

module.exports = { Hand };
