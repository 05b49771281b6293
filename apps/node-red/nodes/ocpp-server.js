'use strict';

const { Delegation } = require('../lib/delegation');
const { DelegationLedger } = require('../lib/delegation-ledger');
const { follow } = require('../lib/follow');
const { Hand } = require('../lib/hand');
const { apiOf, isFields, isHindered, lossesOf, responderName, statusOf, taker } = require('../lib/node-kit');
const { BadInput } = require('../lib/problems');
const { requests: operations } = require('../resources/operations.json');

/** Milliseconds between looks at what is over. */
const lookEvery = 2_000;
const mostBoxes = 100;

/** Brings requests of charge boxes into the flow, each once. */
module.exports = (RED) => {
  const hands = Hand.ofRuntime(RED);
  const ledger = DelegationLedger.ofRuntime(RED);

  function OcppServer(config) {
    RED.nodes.createNode(this, config);
    const node = this;
    const show = statusOf(node);
    const { api, missing } = apiOf(RED, config);
    const { wanted, fault } = wantedOf(config);
    if (isHindered(node, show, missing ?? fault)) return;

    const stopping = new AbortController();
    const { signal } = stopping;
    const hand = hands.of(node);
    let isOpen = false;
    const losses = lossesOf(node, show);

    const showHand = () => {
      if (!isOpen || delegation.fault === null) return;
      const waiting = hand.size === 0 ? '' : `, ${hand.size} unanswered`;
      if (delegation.fault === undefined) show('green', 'dot', `following${waiting}`);
      else show('yellow', 'ring', `not delegated: ${delegation.fault}`);
    };
    const onChange = () => {
      const { fault: reason } = delegation;
      if (reason !== undefined) node.warn(`The service does not leave all that is chosen to this flow. ${reason}`);
      showHand();
    };
    const delegation = new Delegation(ledger, api, wanted, { signal, onChange });
    const offer = (message) => {
      hand.take(message);
      node.send(RED.util.cloneMessage(message));
      showHand();
    };
    hand.onAgain = offer;

    const take = taker(node, ({ event, data }) => {
      if (event === 'request' && !hand.has(data.msgId)) offer(requestOf(data));
      if (event !== 'settled') return;
      hand.drop(data.msgId);
      if (data.as !== 'answered') node.warn(`Request ${data.msgId} is over without an answer of the flow: ${data.as}.`);
      showHand();
    });

    const onOpen = () => {
      isOpen = true;
      losses.isOver();
      showHand();
      delegation.keep().catch((error) => node.error(error));
    };
    const onLost = (error, wait) => {
      isOpen = false;
      losses.tell(error, wait);
    };
    const run = async () => {
      const query = {
        responder: responderName(RED, node),
        command: wanted.operations,
        identity: wanted.boxes,
        offer: wanted.offer,
      };
      for await (const message of follow(api, '/api/requests/feed', { query, signal, onOpen, onLost })) take(message);
    };

    show('yellow', 'ring', 'connecting');
    run().catch((error) => node.error(error));
    const look = setInterval(() => hand.prune() && showHand(), lookEvery).unref();

    node.on('close', (removed, done) => {
      clearInterval(look);
      stopping.abort();
      hand.onAgain = undefined;
      delegation.release();
      if (removed) hands.forget(node.id);
      done();
    });
  }
  RED.nodes.registerType('ocpp-server', OcppServer);
};

function requestOf(data) {
  if (typeof data.msgId === 'string' && isFields(data.ocpp)) return data;
  throw new BadInput('The service sent a request without msgId or ocpp; the flow does not get it.');
}

/** What the node answers, as its dialog says. */
function wantedOf({ operations: chosen, boxes = '', offer, delegate }) {
  const known = Object.keys(operations);
  const list = Array.isArray(chosen) ? chosen : known;
  const strange = list.filter((name) => !known.includes(name));
  if (strange.length > 0)
    return {
      fault: `Unknown operations: ${strange.map(String).join(', ').slice(0, 100)}. Open the node and choose again.`,
    };
  if (list.length === 0) return { fault: 'No operation is chosen. Open the node and choose what it answers.' };
  const identities = [
    ...new Set(
      String(boxes)
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== ''),
    ),
  ];
  if (identities.length > mostBoxes)
    return {
      fault: `${identities.length} charge boxes are named; ${mostBoxes} at most. Leave the list empty for all.`,
    };
  return {
    wanted: {
      operations: list,
      boxes: identities,
      offer: offer === 'broadcast' ? 'broadcast' : 'competing',
      delegate: delegate !== false,
    },
  };
}
