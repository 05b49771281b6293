'use strict';

const { Hand } = require('../lib/hand');
const { fail } = require('../lib/node-kit');
const { Refused } = require('../lib/problems');

// What is told of an error, whatever the message is and whatever was thrown. Cannot see: Node-RED.

function told(msg, thrown, more = {}) {
  const heard = { shown: [], errors: [], done: [], sent: [] };
  const node = { error: (error, about) => heard.errors.push({ error, about }) };
  const show = (_fill, _shape, text) => heard.shown.push(text);
  const [send, done] = [(out) => heard.sent.push(out), (error) => heard.done.push(error)];
  fail({ node, msg, send, done, show, ...more }, thrown);
  return heard;
}

describe('an error', () => {
  it('is told with the message', () => {
    const [msg, error] = [{ topic: 't' }, new Error('Broken.')];
    expect(told(msg, error)).toEqual({ shown: ['Broken.'], errors: [], done: [error], sent: [] });
    expect(msg.problem).toMatchObject({ code: 'failed', message: 'Broken.' });
  });

  it.each([
    ['is sealed', Object.seal({ topic: 't' })],
    ['is frozen', Object.freeze({ topic: 't', problem: 1 })],
    ['has a problem of its own', Object.defineProperty({ topic: 't' }, 'problem', { value: 1 })],
    ['has a getter of that name', Object.defineProperty({ topic: 't' }, 'problem', { get: () => 1 })],
  ])('is told with a copy of a message that %s', (_what, msg) => {
    const { errors, done } = told(msg, new Error('Broken.'));
    expect(errors).toMatchObject([{ about: { topic: 't', problem: { message: 'Broken.' } } }]);
    expect(done).toEqual([]);
  });

  it.each([
    ['text', 'boom', /no error: a string/],
    ['null', null, /no error: null/],
    ['nothing', undefined, /no error: missing/],
    ['an object', { message: 'boom' }, /no error: an object/],
  ])('is made of %s that was thrown', (_what, thrown, text) => {
    expect(told({}, thrown).done).toMatchObject([{ message: expect.stringMatching(text) }]);
  });

  it('is told without the message where nobody can be told with it', () => {
    const send = () => {
      throw new Error('It cannot be copied.');
    };
    const { errors } = told({ _msgid: 'm' }, new Error('Broken.'), { send, onOutput: true });
    expect(errors).toMatchObject([{ error: { message: 'Broken.' }, about: { _msgid: 'm', problem: {} } }]);
  });

  it.each([[7], [{}], [[null, 7]]])('of the service may have %j as violations', (violations) => {
    expect(new Refused(400, { detail: 'No.', violations })).toMatchObject({ message: 'No.', violations: [] });
  });
});

it.each([
  ['the tab of a node that may have it changed', ['tab-2'], ['m1']],
  ['another tab changed', ['tab-3'], undefined],
])('a request is offered again only where %s', (_what, flowChanged, lost) => {
  const listeners = new Map();
  const RED = { events: { on: (name, listener) => listeners.set(name, listener) } };
  const hand = Hand.ofRuntime(RED).of({ id: 'one' });
  hand.take({ msgId: 'm1', ocpp: {} });
  const flows = [
    { id: 'one', z: 'tab-1', wires: [['out']] },
    { id: 'out', z: 'tab-1', links: ['in'] },
    { id: 'in', z: 'tab-2' },
  ];
  const diff = { changed: [], removed: [], linked: [], rewired: [], flowChanged };
  listeners.get('flows:stopping')({ type: 'nodes', diff, config: { flows } });
  expect(hand.lost?.map(({ msgId }) => msgId)).toEqual(lost);
});

it('flows that were written by hand shake nothing loose', () => {
  const listeners = new Map();
  const RED = { events: { on: (name, listener) => listeners.set(name, listener) } };
  const hand = Hand.ofRuntime(RED).of({ id: 'one' });
  hand.take({ msgId: 'm1', ocpp: {} });
  const flows = [{ id: 'one', wires: 7, links: { length: 1 } }, { id: 'two' }];
  const diff = { changed: ['two'], removed: [], linked: [], rewired: [] };
  listeners.get('flows:stopping')({ type: 'nodes', diff, config: { flows } });
  expect(hand.lost).toBeUndefined();
});
