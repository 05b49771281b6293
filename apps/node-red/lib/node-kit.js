'use strict';

const { createHash } = require('node:crypto');
const { hostname } = require('node:os');
const { isNativeError } = require('node:util').types;
const { BadInput, problemOf } = require('./problems');

const longestStatus = 60;

/** Shows what is true of a node, and only when it changes. */
function statusOf(node) {
  let shown = '';
  return (fill, shape, text) => {
    const short = text.length > longestStatus ? `${text.slice(0, longestStatus - 1)}…` : text;
    if (shown === `${fill} ${shape} ${short}`) return;
    shown = `${fill} ${shape} ${short}`;
    node.status({ fill, shape, text: short });
  };
}

/** The way to the service, or what is missing for it. */
function apiOf(RED, config) {
  const service = RED.nodes.getNode(config.service);
  if (!service) return { missing: 'No ocpp-service is chosen. Open the node and choose or add one.' };
  return service.api === undefined ? { missing: service.missing } : { api: service.api };
}

/** Tells why a node cannot work; true when it cannot. */
function isHindered(node, show, reason) {
  if (reason === undefined) return false;
  show('red', 'ring', reason);
  node.error(reason);
  return true;
}

/** Tells that a feed is lost; warns once of each reason until it is back. */
function lossesOf(node, show) {
  let last;
  return {
    isOver: () => {
      last = undefined;
    },
    tell: ({ message }, wait) => {
      show('red', 'ring', message);
      if (message !== last) node.warn(`${message} It is tried again in ${Math.ceil(wait / 1_000)} s.`);
      last = message;
    },
  };
}

/** Whether a node that closes is gone for good. Node-RED calls a node removed that is only disabled, or lies on a disabled tab. */
function isGone(RED, { id }, removed) {
  let isThere = false;
  RED.nodes.eachNode((node) => {
    isThere ||= node.id === id;
  });
  return removed && !isThere;
}

/** Names a node of this Node-RED in the history of the service: another Node-RED with the same flow is another responder. */
function responderName(RED, node) {
  const place = createHash('sha256')
    .update(`${hostname()}\n${RED.settings.userDir ?? ''}`)
    .digest('hex')
    .slice(0, 8);
  return `node-red-${node.id}-${place}`.slice(0, 100);
}

/** Tells the flow what went wrong: on the second output where there is one, else to catch nodes. Never throws for what a message is. */
function fail({ node, msg, send, done, show, onOutput }, thrown, more) {
  const error = errorOf(thrown);
  const problem = problemOf(error, more);
  try {
    show('red', 'ring', error.message);
    const told = withProblem(msg, problem);
    if (onOutput) {
      send([null, told]);
      return done();
    }
    return told === msg ? done(error) : node.error(error, told);
  } catch {
    // Node-RED copies messages for whoever gets them, and not every message can be copied.
    return node.error(error, { _msgid: msg?._msgid, problem });
  }
}

/** Some messages cannot be written to. */
function withProblem(msg, problem) {
  const place = isMessage(msg) ? Object.getOwnPropertyDescriptor(msg, 'problem') : undefined;
  const isWritable = isMessage(msg) && (place === undefined ? Object.isExtensible(msg) : place.writable === true);
  return isWritable ? Object.assign(msg, { problem }) : { ...msg, problem };
}

/** Anything can be thrown, also out of a getter of a message. */
function errorOf(thrown) {
  return isNativeError(thrown) ? thrown : new Error(`Something was thrown that is no error: ${kindOf(thrown)}.`);
}

/** Takes the messages of a feed one by one; what is wrong with one is reported, and the next is taken. */
const taker = (node, take) => (message) => {
  try {
    if (!isFields(message.data)) throw new BadInput(`The service sent ${kindOf(message.data)} as ${message.event}.`);
    take(message);
  } catch (thrown) {
    node.error(errorOf(thrown));
  }
};

const isMessage = (value) => value !== null && typeof value === 'object';

/** An object as JSON has them: no array, no date, no class of its own. */
function isFields(value) {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  // An object out of a function node has the prototype of another realm.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

const kindOf = (value) => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return value === undefined
    ? 'missing'
    : `${typeof value === 'object' ? 'an object of a class' : `a ${typeof value}`}`;
};

/** What can be sent of a value; refuses what JSON cannot hold. */
function sendable(value, name) {
  let text;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    throw new BadInput(`${name} cannot be sent, for JSON cannot hold it: ${error.message.split('\n')[0]}`);
  }
  if (text === undefined) throw new BadInput(`${name} cannot be sent, for JSON cannot hold it.`);
  if (text.length > 1_048_576)
    throw new BadInput(`${name} is too large: ${text.length} characters as JSON, 1048576 at most.`);
  return JSON.parse(text);
}

module.exports = {
  apiOf,
  errorOf,
  fail,
  isFields,
  isGone,
  isHindered,
  isMessage,
  kindOf,
  lossesOf,
  responderName,
  sendable,
  statusOf,
  taker,
};
