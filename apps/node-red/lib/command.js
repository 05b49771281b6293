'use strict';

const { commands } = require('../resources/operations.json');
const { isFields, isMessage, kindOf, sendable } = require('./node-kit');
const { BadInput } = require('./problems');

const byLowerCase = new Map(Object.keys(commands).map((name) => [name.toLowerCase(), name]));

/**
 * The command that a message asks for, over the defaults of the node: `command` and `data` of the payload each replace theirs whole.
 * A payload that is a number or a boolean, as of an inject node or a button, asks for the defaults.
 */
function commandOf(msg, { command, data, identity }) {
  const asked = askedOf(msg, command !== undefined);
  const operation = operationOf(asked.command ?? command, asked);
  const target = textOf(asked.chargeBoxIdentity, 'msg.payload.chargeBoxIdentity') ?? identityOf(identity);
  return { command: operation, identity: target, data: fieldsOf(asked.data ?? data ?? {}), ...optionsOf(msg.ocpp) };
}

function askedOf(msg, hasDefault) {
  const payload = isMessage(msg) ? msg.payload : undefined;
  if (isFields(payload)) return payload;
  const isTrigger =
    payload === undefined || payload === null || payload === '' || ['number', 'boolean'].includes(typeof payload);
  if (isTrigger && hasDefault) return {};
  throw new BadInput(
    `msg.payload is ${kindOf(payload)}. Give { "command": "Reset", "data": { "type": "Soft" } }, or choose a default command in the node.`,
  );
}

function operationOf(command, asked) {
  if (command === undefined || command === null || command === '') {
    const has = Object.keys(asked).slice(0, 10).join(', ');
    throw new BadInput(
      `No command is given: msg.payload has ${has === '' ? 'no fields' : has}, and the node has no default. Set msg.payload.command.`,
    );
  }
  const operation = typeof command === 'string' ? byLowerCase.get(command.toLowerCase()) : undefined;
  if (operation !== undefined) return operation;
  const given = typeof command === 'string' ? `"${command.slice(0, 50)}"` : kindOf(command);
  throw new BadInput(
    `msg.payload.command is ${given}, no operation of a charge point. There are ${Object.keys(commands).join(', ')}.`,
  );
}

function fieldsOf(data) {
  if (!isFields(data))
    throw new BadInput(`msg.payload.data is ${kindOf(data)}. Give an object with the fields of the command.`);
  return sendable(data, 'msg.payload.data');
}

function identityOf(value) {
  const identity = textOf(value, 'The identity of the charge box');
  if (identity !== undefined) return identity;
  throw new BadInput('No charge box is named. Set msg.ocpp.chargeBoxIdentity, or choose one in the node.');
}

function textOf(value, name) {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string' && value.length <= 255) return value;
  throw new BadInput(
    `${name} is ${typeof value === 'string' ? 'longer than 255 characters' : kindOf(value)}. Give text.`,
  );
}

/** How the command is to be scheduled, as the message says. */
function optionsOf(ocpp) {
  if (!isFields(ocpp)) return {};
  const { timeToLive, notBefore } = ocpp;
  if (timeToLive !== undefined && !(Number.isInteger(timeToLive) && timeToLive > 0))
    throw new BadInput('msg.ocpp.timeToLive is no whole number of seconds.');
  const begin = notBefore === undefined ? undefined : new Date(notBefore);
  if (begin !== undefined && Number.isNaN(begin.getTime()))
    throw new BadInput('msg.ocpp.notBefore is no time. Give ISO 8601.');
  return {
    ...(timeToLive === undefined ? {} : { timeToLive }),
    ...(begin === undefined ? {} : { notBefore: begin.toISOString() }),
  };
}

/** The default data as it stands in the dialog. */
function defaultsOf(text) {
  if (text === undefined || String(text).trim() === '') return undefined;
  let data;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new BadInput(`The default params are no JSON: ${error.message.split('\n')[0]}`);
  }
  if (!isFields(data)) throw new BadInput('The default params are no object, such as { "type": "Soft" }.');
  return data;
}

module.exports = { commandOf, defaultsOf };
