'use strict';

const { FakeService, helper, load, statusOf, until } = require('./support/flow');

// What an ocpp-response node makes of messages, against a stand-in of the service. Cannot see: whether the charge box gets the answer.

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

const path = 'POST /api/requests/m1/response';
const node = (more = {}) => ({
  id: 'response',
  type: 'ocpp-response',
  outputs: 1,
  wires: [['out'], ['second']],
  ...more,
});
const message = (more = {}) => ({
  msgId: 'm1',
  msgID: 'm1',
  ocpp: {
    command: 'BootNotification',
    chargeBoxIdentity: 'CB-1',
    respondBy: new Date(Date.now() + 60_000).toISOString(),
  },
  payload: { status: 'Accepted', currentTime: new Date('2026-03-01T12:00:00Z'), heartbeatInterval: 60 },
  ...more,
});
const send = (msg) => helper.getNode('response').receive(msg);
/** A service that took an answer and could not say so; to the same again it says that it is late. */
function takesUnheard() {
  const calls = { count: 0 };
  let responder;
  service
    .on(path, ({ query }) => {
      responder = query.get('responder');
      return (calls.count += 1) === 1 ? 'drop' : [409, { detail: 'The request was answered already.' }];
    })
    .on('GET /api/requests/m1', () => [200, { status: 'Answered', responder }]);
  return calls;
}
const answered = [200, { msgId: 'm1', outcome: 'answered' }];

describe('an answer', () => {
  it('reaches the service as the payload of the message, with dates as text', async () => {
    service.on(path, answered);
    const got = await load(service.url, [node()]);
    send(message({ _msgid: 'x', topic: 't' }));
    await until(() => got.out.length === 1);
    const call = service.asked(path)[0];
    expect(call.body).toEqual({
      msgId: 'm1',
      payload: { status: 'Accepted', currentTime: '2026-03-01T12:00:00.000Z', heartbeatInterval: 60 },
    });
    expect(call.query.get('responder')).toMatch(/^node-red-response-[0-9a-f]{8}$/);
    expect(got.out[0]).toMatchObject({ _msgid: 'x', topic: 't', ocpp: { chargeBoxIdentity: 'CB-1' } });
    expect(statusOf('response')).toEqual({ fill: 'green', shape: 'dot', text: 'answered BootNotification' });
  });

  it.each([
    ['msgID alone', { msgId: undefined }],
    ['msgId alone', { msgID: undefined }],
    ['no ocpp', { ocpp: undefined }],
    ['an ocpp of another kind', { ocpp: 7 }],
  ])('is sent with %s', async (_what, more) => {
    service.on(path, answered);
    const got = await load(service.url, [node()]);
    send(message(more));
    await until(() => got.out.length === 1);
    expect(got.errors).toEqual([]);
  });

  it('is tried until the service is there', async () => {
    let calls = 0;
    service.on(path, () => ((calls += 1) < 3 ? [503, {}] : answered));
    const got = await load(service.url, [node()]);
    send(message());
    await until(() => got.out.length === 1);
    expect(calls).toBe(3);
  });

  it('that the service took although nobody heard so is no error', async () => {
    takesUnheard();
    const got = await load(service.url, [node()]);
    send(message());
    await until(() => got.out.length === 1);
    expect(got.errors).toEqual([]);
  });

  it('that was sent again on a new connection, for the kept one broke, is known to be its own', async () => {
    const got = await load(service.url, [node()]);
    service.on(path, answered);
    send(message());
    await until(() => got.out.length === 1);
    const calls = takesUnheard();
    send(message({ problem: { message: 'of an earlier try' } }));
    await until(() => got.out.length === 2 || got.errors.length > 0);
    expect(got.errors).toEqual([]);
    expect(got.out[1]).not.toHaveProperty('problem');
    expect(calls.count).toBe(2);
  });

  it('that somebody else gave meanwhile is too late', async () => {
    let calls = 0;
    service
      .on(path, () => ((calls += 1) === 1 ? 'drop' : [409, { detail: 'The request was answered already.' }]))
      .on('GET /api/requests/m1', [200, { status: 'Answered', responder: 'another' }]);
    const got = await load(service.url, [node()]);
    send(message());
    await until(() => got.errors.length === 1);
    expect(got.errors[0].problem).toMatchObject({ status: 409, late: true });
  });
});

describe('an answer that is not taken', () => {
  const violations = [
    { in: 'body', path: 'payload.status', code: 'literal', message: 'Accepted or Rejected.' },
    { in: 'body', path: 'payload.mood', code: 'unknown', message: 'There is no such field.' },
  ];
  const invalid = [400, { type: 'invalid-request', detail: 'The charge box still waits.', violations }];

  it('is an error for catch nodes with every violation', async () => {
    service.on(path, invalid);
    const got = await load(service.url, [node()]);
    send(message());
    await until(() => got.errors.length === 1);
    expect(got.errors[0]).toMatchObject({
      msgId: 'm1',
      error: { message: expect.stringContaining('payload.mood: There is no such field.') },
      problem: { late: false, violations: [{ path: 'payload.status' }, { path: 'payload.mood' }] },
    });
    expect(got.out).toEqual([]);
    expect(statusOf('response')).toMatchObject({ fill: 'red', shape: 'ring' });
  });

  it('goes to the second output where that is chosen, and nowhere else', async () => {
    service.on(path, invalid);
    const got = await load(service.url, [node({ outputs: 2 })]);
    send(message());
    await until(() => got.second.length === 1);
    expect(got.second[0].problem.violations).toHaveLength(2);
    expect([got.out, got.errors]).toEqual([[], []]);
    service.on(path, answered);
    send(message());
    await until(() => got.out.length === 1);
    expect(got.second).toHaveLength(1);
  });

  it('says when it is too late', async () => {
    service.on(path, [409, { detail: 'The request was expired already.' }]);
    const got = await load(service.url, [node()]);
    send(message());
    await until(() => got.errors.length === 1);
    expect(got.errors[0].problem).toMatchObject({
      late: true,
      message: 'Too late: The request was expired already. The charge box does not get this answer.',
    });
  });

  it('says when the request is unknown', async () => {
    const got = await load(service.url, [node()]);
    send(message());
    await until(() => got.errors.length === 1);
    expect(got.errors[0].error.message).toMatch(/knows no request with this msg.msgId/);
  });

  it('gives up when the time of the request is over', async () => {
    service.on(path, [503, {}]);
    const got = await load(service.url, [node()]);
    send(message({ ocpp: { respondBy: new Date(Date.now() + 300).toISOString() } }));
    await until(() => got.errors.length === 1);
    expect(got.errors[0].problem).toMatchObject({ code: 'unreachable' });
  });
});

describe('bad input', () => {
  const circular = {};
  circular.self = circular;

  it.each([
    ['no msgId', { msgId: undefined, msgID: undefined }, /msg.msgId is missing/],
    ['an empty msgId', { msgId: '', msgID: undefined }, /msg.msgId is empty/],
    ['a number as msgId', { msgId: 7 }, /msg.msgId is a number/],
    ['an endless msgId', { msgId: 'x'.repeat(201), msgID: undefined }, /msg.msgId is a string/],
    ['two requests at once', { msgID: 'm2' }, /name two requests/],
    ['no payload', { payload: undefined }, /msg.payload is missing/],
    ['null', { payload: null }, /msg.payload is null/],
    ['a number', { payload: 7 }, /msg.payload is a number/],
    ['a string', { payload: 'Accepted' }, /msg.payload is a string/],
    ['a list', { payload: [{ status: 'Accepted' }] }, /msg.payload is a list/],
    ['a buffer', { payload: Buffer.from('{}') }, /msg.payload is an object of a class/],
    ['a circle', { payload: circular }, /msg.payload cannot be sent/],
    ['a big integer', { payload: { transactionId: 1n } }, /msg.payload cannot be sent/],
    ['far too much', { payload: { status: 'x'.repeat(2_000_000) } }, /msg.payload is too large/],
  ])('%s is an error for catch nodes and on the node', async (_what, more, text) => {
    const got = await load(service.url, [node()]);
    send(message(more));
    await until(() => got.errors.length === 1);
    expect(got.errors[0].error.message).toMatch(text);
    expect(got.errors[0].problem).toMatchObject({ code: 'bad-input' });
    expect(statusOf('response')).toMatchObject({ fill: 'red', shape: 'ring' });
    expect(service.calls).toEqual([]);
  });

  it('has no service: an error that says so', async () => {
    const got = await load(service.url, [node({ service: '' })]);
    send(message());
    await until(() => got.errors.length === 1);
    expect(got.errors[0].error.message).toMatch(/No ocpp-service is chosen/);
  });
});
