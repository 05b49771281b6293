'use strict';

const { Api } = require('../lib/api');
const { CommandRun } = require('../lib/command-run');
const { FakeService, helper, key, load, statusOf, until } = require('./support/flow');

// What an ocpp-request node makes of messages, against a stand-in of the service. Cannot see: whether a charge box gets it.

let service;
beforeEach(async () => {
  service = await FakeService.start();
  await new Promise((resolve) => helper.startServer(resolve));
});
afterEach(async () => {
  await helper.unload();
  await service.stop();
  await new Promise((resolve) => helper.stopServer(resolve));
});

const path = 'POST /api/charge-boxes/CB-1/commands';
/** Another for each test: what waits outlives its node. */
let current;
let count = 0;
beforeEach(() => {
  current = `request${(count += 1)}`;
});
const node = (more = {}) => ({
  id: current,
  type: 'ocpp-request',
  command: 'Reset',
  params: '{ "type": "Soft" }',
  target: 'CB-1',
  targetType: 'str',
  wires: [['out'], ['second']],
  ...more,
});
const rowOf = ({ command, data }, more = {}) => ({
  callId: 'call-1',
  identity: 'CB-1',
  operation: command,
  data,
  url: 'http://127.0.0.1:9/',
  status: 'Answered',
  response: { status: 'Accepted' },
  settledAt: '2026-03-01T12:00:00.000Z',
  ...more,
});

/** Every command is answered by its charge box at once. */
function answering(more) {
  let row;
  service.on(path, ({ body }) => {
    row = rowOf(body, more);
    return [202, { callId: row.callId }];
  });
  const timer = setInterval(() => {
    const feed = service.feed('/api/feeds/commands');
    if (feed !== undefined && row !== undefined) feed.tell('row', { key: row.callId, row }, 'p1');
  }, 10);
  return () => clearInterval(timer);
}

const send = (msg) => helper.getNode(current).receive(msg);

describe('a command', () => {
  let quiet;
  beforeEach(() => {
    quiet = answering();
  });
  afterEach(() => quiet());

  it.each([
    ['the defaults', { payload: {} }, { command: 'Reset', data: { type: 'Soft' } }],
    ['the defaults, for a timestamp', { payload: 1740000000000 }, { command: 'Reset', data: { type: 'Soft' } }],
    ['the defaults, for a button', { payload: true }, { command: 'Reset', data: { type: 'Soft' } }],
    ['the defaults, without payload', {}, { command: 'Reset', data: { type: 'Soft' } }],
    ['data of the message', { payload: { data: { type: 'hard' } } }, { command: 'Reset', data: { type: 'hard' } }],
    [
      'both of the message',
      { payload: { command: 'Reset', data: { type: 'Hard' } } },
      { command: 'Reset', data: { type: 'Hard' } },
    ],
    ['a command of the message', { payload: { command: 'ClearCache', data: {} } }, { command: 'ClearCache', data: {} }],
    ['a name in any case', { payload: { command: 'clearcache', data: {} } }, { command: 'ClearCache', data: {} }],
    ['data that replaces, not merges', { payload: { data: {} } }, { command: 'Reset', data: {} }],
  ])('is made of %s', async (_what, msg, sent) => {
    const got = await load(service.url, [node()]);
    send({ ...msg, _msgid: 'm', topic: 't', mine: { kept: true } });
    await until(() => got.out.length === 1);
    const { body } = service.asked(path)[0];
    expect(body).toEqual({ ...sent, idempotencyKey: expect.stringMatching(/^[0-9a-f]{16,}$/) });
    expect(got.out[0]).toMatchObject({
      _msgid: 'm',
      topic: 't',
      mine: { kept: true },
      payload: { status: 'Accepted' },
      ocpp: { ...sent, chargeBoxIdentity: 'CB-1', url: 'http://127.0.0.1:9/' },
    });
    expect(got.errors).toEqual([]);
    expect(statusOf(current)).toEqual({ fill: 'green', shape: 'dot', text: expect.stringMatching(/ Answered$/) });
  });

  it.each([
    ['the node', { target: 'CB-1' }, { ocpp: { chargeBoxIdentity: 'CB-9' } }],
    ['the message', { target: '' }, { ocpp: { chargeBoxIdentity: 'CB-1' } }],
    ['a property of the message', { target: 'box', targetType: 'msg' }, { box: 'CB-1' }],
    ['the payload before all', { target: 'CB-9' }, { payload: { chargeBoxIdentity: 'CB-1' } }],
  ])('goes to the charge box of %s', async (_what, more, msg) => {
    const got = await load(service.url, [node(more)]);
    send(msg);
    await until(() => got.out.length === 1);
    expect(service.asked(path)).toHaveLength(1);
  });

  it('takes its times from the message', async () => {
    const got = await load(service.url, [node()]);
    send({ ocpp: { timeToLive: 60, notBefore: '2026-03-01T12:00:00Z' } });
    await until(() => got.out.length === 1);
    expect(service.asked(path)[0].body).toMatchObject({ timeToLive: 60, notBefore: '2026-03-01T12:00:00.000Z' });
  });
});

describe('bad input', () => {
  const circular = {};
  circular.self = circular;
  const throwing = Object.defineProperty({}, 'type', {
    enumerable: true,
    get: () => {
      throw new Error('boom');
    },
  });
  const bare = { command: '', params: '' };

  it.each([
    ['a string', {}, { payload: 'hard' }, /msg.payload is a string/],
    ['a list', {}, { payload: [1] }, /msg.payload is a list/],
    ['a date', {}, { payload: new Date() }, /msg.payload is an object of a class/],
    ['a buffer', {}, { payload: Buffer.from('x') }, /msg.payload is an object of a class/],
    ['a number without default', bare, { payload: 7 }, /msg.payload is a number/],
    ['null without default', bare, { payload: null }, /msg.payload is null/],
    ['no payload without default', bare, {}, /msg.payload is missing/],
    ['no command', bare, { payload: { commnad: 'Reset' } }, /No command is given: msg.payload has commnad/],
    ['an empty object', bare, { payload: {} }, /msg.payload has no fields/],
    ['an unknown command', {}, { payload: { command: 'Dance' } }, /"Dance", no operation of a charge point/],
    ['a number as command', {}, { payload: { command: 7 } }, /msg.payload.command is a number/],
    ['an object as command', {}, { payload: { command: {} } }, /command is a object|command is an object/],
    ['data that is text', {}, { payload: { data: 'Hard' } }, /msg.payload.data is a string/],
    ['data that is a list', {}, { payload: { data: ['Hard'] } }, /msg.payload.data is a list/],
    ['a circle', {}, { payload: { data: circular } }, /msg.payload.data cannot be sent/],
    ['a big integer', {}, { payload: { data: { connectorId: 1n } } }, /msg.payload.data cannot be sent/],
    ['far too much', {}, { payload: { data: { type: 'x'.repeat(2_000_000) } } }, /msg.payload.data is too large/],
    ['no charge box', { target: '' }, {}, /No charge box is named/],
    [
      'a number as charge box',
      { target: '' },
      { ocpp: { chargeBoxIdentity: 7 } },
      /identity of the charge box is a number/,
    ],
    ['text as ocpp', { target: '' }, { ocpp: 'CB-1' }, /No charge box is named/],
    ['a time to live of text', {}, { ocpp: { timeToLive: 'long' } }, /timeToLive is no whole number/],
    ['a time that is none', {}, { ocpp: { notBefore: 'soon' } }, /notBefore is no time/],
    ['a default that is no JSON', { params: '{type' }, {}, /default params are no JSON/],
    ['a default that is a list', { params: '[]' }, {}, /default params are no object/],
  ])('%s is an error for catch nodes and on the node', async (_what, more, msg, message) => {
    const got = await load(service.url, [node(more)]);
    send(msg);
    await until(() => got.errors.length === 1);
    expect(got.errors[0].error.message).toMatch(message);
    expect(got.errors[0].problem).toMatchObject({ code: 'bad-input', message: expect.stringMatching(message) });
    expect(statusOf(current)).toMatchObject({ fill: 'red', shape: 'ring' });
    expect(service.calls).toEqual([]);
  });

  it('that cannot even be copied is an error without the rest of the message', async () => {
    const got = await load(service.url, [node()]);
    send({ _msgid: 'm', payload: { data: throwing } });
    await until(() => got.errors.length === 1);
    expect(got.errors[0]).toMatchObject({
      _msgid: 'm',
      problem: { message: expect.stringMatching(/cannot be sent.*boom/) },
    });
  });

  it('has no service: an error that says so', async () => {
    const got = await load(service.url, [node({ service: '' })]);
    send({});
    await until(() => got.errors.length === 1);
    expect(got.errors[0].error.message).toMatch(/No ocpp-service is chosen/);
  });

  it('has a service of no address: an error that says so', async () => {
    const got = await load('nowhere', [node()]);
    send({});
    await until(() => got.errors.length === 1);
    expect(got.errors[0].error.message).toMatch(/"nowhere" is no address of a service/);
  });
});

describe('what goes wrong on the way', () => {
  it('is told with every violation when the service refuses', async () => {
    const violations = [
      { in: 'body', path: 'data.type', code: 'literal', message: 'Soft or Hard.' },
      { in: 'body', path: 'data.extra', code: 'unknown', message: 'There is no such field.' },
    ];
    service.on(path, [400, { type: 'invalid-request', detail: 'It is invalid.', violations }]);
    const got = await load(service.url, [node()]);
    send({ payload: { data: { type: 'gentle', extra: 1 } } });
    await until(() => got.errors.length === 1);
    expect(got.errors[0].problem).toEqual({
      code: 'invalid-request',
      status: 400,
      message: 'It is invalid. data.type: Soft or Hard.; data.extra: There is no such field.',
      violations: violations.map(({ path: at, code, message }) => ({ path: at, code, message })),
    });
  });

  it('is told when the key is wrong', async () => {
    const got = await load(service.url, [node()], { apiKey: 'another' });
    send({});
    await until(() => got.errors.length === 1);
    expect(got.errors[0].error.message).toMatch(/refuses the API key/);
  });

  it.each([
    [
      'Faulted',
      { failure: { reason: 'fault', detail: 'The charge box answered with a fault.' } },
      /Faulted: The charge box answered with a fault/,
      false,
    ],
    [
      'Expired',
      { outcomeUnknown: true, failure: { reason: 'no-answer', detail: 'No answer.' } },
      /nobody knows what became of it/,
      true,
    ],
    ['Cancelled', {}, /Reset for CB-1: Cancelled\./, false],
  ])('is told when a command ends as %s', async (status, more, message, outcomeUnknown) => {
    const quiet = answering({ status, response: undefined, ...more });
    const got = await load(service.url, [node()]);
    send({});
    await until(() => got.errors.length === 1);
    quiet();
    expect(got.errors[0]).toMatchObject({
      error: { message: expect.stringMatching(message) },
      problem: { code: `command-${status.toLowerCase()}`, outcomeUnknown },
      ocpp: { command: 'Reset', chargeBoxIdentity: 'CB-1', status },
    });
  });

  it('is tried again, with the same key, until the service is there', async () => {
    let calls = 0;
    service.on(path, ({ body }) => {
      calls += 1;
      if (calls === 1) return 'drop';
      if (calls === 2) return [503, { detail: 'Later.' }];
      return [202, { callId: 'call-1', of: body }];
    });
    const got = await load(service.url, [node()]);
    send({});
    const feed = await until(() => service.feed('/api/feeds/commands'));
    feed.tell('row', { key: 'call-1', row: rowOf({ command: 'Reset', data: { type: 'Soft' } }) }, 'p1');
    await until(() => got.out.length === 1);
    const keys = service.asked(path).map(({ body }) => body.idempotencyKey);
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(1);
  });

  it('is shown as long as it is so', async () => {
    service.on(path, [503, { detail: 'Later.' }]);
    await load(service.url, [node()]);
    send({});
    await until(() => statusOf(current).fill === 'yellow');
    expect(statusOf(current).text).toMatch(/cannot serve now. Later/);
    service.on(path, [202, { callId: 'call-1' }]);
    const feed = await until(() => service.feed('/api/feeds/commands'));
    await until(() => statusOf(current).text === '1 waiting');
    feed.response.destroy();
    await until(() => statusOf(current).fill === 'yellow');
    await until(() => statusOf(current).text === '1 waiting');
  });

  it.each([
    ['was scheduled', { callId: 'call-1' }, /Nothing was heard/],
    ['was not', {}, /Reset for CB-1 was not scheduled within its time to live/],
  ])('is not waited for without end: a command of long ago that %s', async (_what, more, message) => {
    service.on(path, [503, {}]);
    const api = new Api({ url: service.url, key });
    const ignored = () => undefined;
    const hooks = { save: ignored, onChange: ignored, onWaiting: ignored, onReached: ignored };
    const entry = { key: 'k', at: 0, asked: { identity: 'CB-1', command: 'Reset', data: {} }, ...more };
    const run = new CommandRun(api, entry, { signal: new AbortController().signal, ...hooks });
    await expect(run.result()).rejects.toThrow(message);
    expect(service.asked(path)).toEqual([]);
    api.close();
  });

  it.each([
    ['of its time to live', { timeToLive: 60 }, 40],
    ['of an hour, where none is named', {}, 3_580],
    ['of all, before it begins', { timeToLive: 60, notBefore: '2126-03-01T12:00:00.000Z' }, 60],
  ])('the service is told the rest %s', async (_what, more, rest) => {
    service.on(path, [400, { detail: 'Enough.' }]);
    const api = new Api({ url: service.url, key });
    const ignored = () => undefined;
    const hooks = { save: ignored, onChange: ignored, onWaiting: ignored, onReached: ignored };
    const asked = { identity: 'CB-1', command: 'Reset', data: {}, ...more };
    const entry = { key: 'k', at: Date.now() - 20_000, asked };
    const run = new CommandRun(api, entry, { signal: new AbortController().signal, ...hooks });
    await expect(run.result()).rejects.toThrow(/Enough/);
    const { timeToLive } = service.asked(path)[0].body;
    expect(timeToLive).toBeLessThanOrEqual(rest);
    expect(timeToLive).toBeGreaterThan(rest - 10);
    api.close();
  });

  it('is noticed when the service lost the command', async () => {
    service
      .on(path, [202, { callId: 'call-1' }])
      .on('GET /api/commands/call-1', [404, { detail: 'No such operation is known.' }]);
    const got = await load(service.url, [node()]);
    send({});
    (await until(() => service.feed('/api/feeds/commands'))).tell('caught-up', { position: '1' }, 'p1');
    await until(() => got.errors.length === 1);
    expect(got.errors[0].error.message).toMatch(/No such operation is known/);
  });
});

describe('what waits', () => {
  it('is bounded: who is too many is told', async () => {
    service.on(path, () => undefined);
    const got = await load(service.url, [node()]);
    for (let index = 0; index < 1_001; index += 1) send({ index });
    await until(() => got.errors.length === 1);
    expect(got.errors[0]).toMatchObject({
      index: 1_000,
      problem: { message: expect.stringMatching(/1000 commands wait already/) },
    });
  });

  it('goes on after a deploy: the same command, followed by its id', async () => {
    service.on(path, [202, { callId: 'call-1' }]);
    await load(service.url, [node()]);
    send({ topic: 'before' });
    await until(() => service.feed('/api/feeds/commands'));
    await helper.unload();
    const got = await load(service.url, [node()]);
    const feed = await until(() => service.feed('/api/feeds/commands'));
    feed.tell('row', { key: 'call-1', row: rowOf({ command: 'Reset', data: { type: 'Soft' } }) }, 'p1');
    await until(() => got.out.length === 1);
    expect(got.out[0]).toMatchObject({ topic: 'before', payload: { status: 'Accepted' } });
    expect(service.asked(path)).toHaveLength(1);
  });
});

describe('a node that is disabled', () => {
  const deploy = (...flow) =>
    helper.setFlows(
      [
        { id: 'tab', type: 'tab' },
        { id: 'service', type: 'ocpp-service', url: service.url },
        { id: 'out', type: 'helper', z: 'tab' },
        ...flow.map((one) => ({ z: 'tab', service: 'service', ...one })),
      ],
      'nodes',
      { service: { key } },
    );

  it('keeps what waits until it is enabled again, one that is deleted does not', async () => {
    service.on(path, [202, { callId: 'call-1' }]);
    await load(service.url, [node()]);
    send({ topic: 'before' });
    const first = await until(() => service.feed('/api/feeds/commands'));
    await deploy(node({ d: true }));
    await deploy(node());
    await until(() => service.feeds.find((other) => other !== first && other.query.get('id') === 'call-1'));
    await until(() => statusOf(current).text === '1 waiting');
    await deploy();
    await deploy(node());
    send({ topic: 'after' });
    await until(() => service.asked('GET /api/feeds/commands').length === 3);
    await until(() => statusOf(current).text === '1 waiting');
    expect(service.asked(path)).toHaveLength(2);
  });
});

describe('progress', () => {
  it('is told on the second output, each step once', async () => {
    service.on(path, [202, { callId: 'call-1' }]);
    const got = await load(service.url, [node({ progress: true })]);
    send({ topic: 't' });
    const feed = await until(() => service.feed('/api/feeds/commands'));
    expect([...feed.query]).toEqual([['id', 'call-1']]);
    const base = rowOf({ command: 'Reset', data: { type: 'Soft' } }, { settledAt: undefined, response: undefined });
    const waitsBecause = { reason: 'unreachable', detail: 'Nobody answers there.' };
    feed.tell('row', { key: 'call-1', row: { ...base, status: 'Scheduled', waitsBecause } }, 'p1');
    feed.tell('row', { key: 'call-1', row: { ...base, status: 'Scheduled', waitsBecause } }, 'p2');
    await until(() => got.second.length === 1);
    expect(statusOf(current)).toEqual({ fill: 'blue', shape: 'ring', text: '1 waiting, last: Reset Scheduled' });
    feed.tell('row', { key: 'call-1', row: { ...base, status: 'Sent' } }, 'p3');
    feed.tell('row', { key: 'call-1', row: rowOf({ command: 'Reset', data: { type: 'Soft' } }) }, 'p4');
    await until(() => got.out.length === 1);
    expect(got.second.map(({ payload }) => payload)).toEqual([
      { status: 'Scheduled', waitsBecause },
      { status: 'Sent' },
      { status: 'Answered' },
    ]);
    expect(got.second[0]).toMatchObject({ topic: 't', ocpp: { command: 'Reset', chargeBoxIdentity: 'CB-1' } });
    expect(got.out[0].payload).toEqual({ status: 'Accepted' });
  });
});
