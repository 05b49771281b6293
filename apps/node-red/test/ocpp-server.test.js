'use strict';

const { FakeService, helper, key, load, statusOf, until } = require('./support/flow');

// How an ocpp-server node follows requests, against a stand-in of the service. Cannot see: deploys of a real Node-RED.

let service;
beforeEach(async () => {
  service = await FakeService.start();
  service.on('PATCH /api/answering', [200, {}]);
  await new Promise((resolve) => helper.startServer(resolve));
});
afterEach(async () => {
  await helper.unload();
  await service.stop();
  await new Promise((resolve) => helper.stopServer(resolve));
});

const feedPath = '/api/requests/feed';
const node = (more = {}) => ({
  id: `server-${Math.random().toString(16).slice(2)}`,
  type: 'ocpp-server',
  operations: ['Authorize', 'BootNotification'],
  boxes: '',
  offer: 'competing',
  delegate: true,
  wires: [['out']],
  ...more,
});
const request = (msgId, more = {}) => ({
  msgId,
  msgID: msgId,
  ocpp: {
    command: 'Authorize',
    chargeBoxIdentity: 'CB-1',
    ocppVersion: '1.5',
    respondBy: new Date(Date.now() + 60_000).toISOString(),
    ...more,
  },
  payload: { command: 'Authorize', data: { idTag: 'CARD' } },
});
const feed = () => until(() => service.feed(feedPath));

describe('a server node', () => {
  it('asks for what it answers, as itself', async () => {
    const one = node({ boxes: 'CB-1\n CB-2 \n\nCB-1', offer: 'broadcast', delegate: false });
    await load(service.url, [one]);
    const { query } = await feed();
    expect(query.getAll('command')).toEqual(['Authorize', 'BootNotification']);
    expect(query.getAll('identity')).toEqual(['CB-1', 'CB-2']);
    expect(query.get('offer')).toBe('broadcast');
    expect(query.get('responder')).toMatch(new RegExp(`^node-red-${one.id}-[0-9a-f]{8}$`));
    await until(() => statusOf(one.id).text === 'following');
    expect(statusOf(one.id)).toEqual({ fill: 'green', shape: 'dot', text: 'following' });
    expect(service.asked('PATCH /api/answering')).toEqual([]);
  });

  it('passes each request on once, also over lost connections', async () => {
    const one = node();
    const got = await load(service.url, [one]);
    (await feed()).tell('request', request('m1'), '1');
    await until(() => got.out.length === 1);
    expect(got.out[0]).toMatchObject(request('m1', { respondBy: expect.any(String) }));
    expect(statusOf(one.id).text).toBe('following, 1 unanswered');
    const lost = service.feed(feedPath);
    lost.response.destroy();
    const again = await until(() => service.feeds.find((other) => other !== lost));
    again.tell('request', request('m1'), '1');
    again.tell('request', request('m2'), '2');
    await until(() => got.out.length === 2);
    expect(got.out.map(({ msgId }) => msgId)).toEqual(['m1', 'm2']);
    again.tell('settled', { msgId: 'm1', as: 'answered' });
    again.tell('settled', { msgId: 'm2', as: 'expired' });
    await until(() => statusOf(one.id).text === 'following');
    expect(
      helper
        .getNode(one.id)
        .warn.getCalls()
        .map(({ args }) => args[0]),
    ).toContain('Request m2 is over without an answer of the flow: expired.');
  });

  it('forgets what is past its time', async () => {
    const one = node();
    const got = await load(service.url, [one]);
    (await feed()).tell('request', request('m1', { respondBy: new Date(Date.now() + 200).toISOString() }), '1');
    await until(() => got.out.length === 1);
    await until(() => statusOf(one.id).text === 'following');
  });

  it('tells the truth when the service is gone, and when it is back', async () => {
    const one = node();
    await load(service.url, [one]);
    await feed();
    const { port } = service;
    await service.stop();
    await until(() => statusOf(one.id).fill === 'red');
    expect(statusOf(one.id).text).toMatch(/ended the connection|cannot be reached/);
    service = await FakeService.start(port);
    service.on('PATCH /api/answering', [200, {}]);
    await until(() => statusOf(one.id).fill === 'green');
  });

  it('tells the truth when the key is wrong', async () => {
    const one = node();
    await load(service.url, [one], { apiKey: `not ${key}` });
    await until(() => statusOf(one.id).fill === 'red');
    expect(statusOf(one.id).text).toMatch(/refuses the API key/);
  });

  it('takes nothing that is no feed', async () => {
    service.on(`GET ${feedPath}`, [200, 'a page of a proxy']);
    const one = node();
    const got = await load(service.url, [one]);
    await until(() => service.asked(`GET ${feedPath}`).length >= 2);
    expect(got.out).toEqual([]);
    expect(statusOf(one.id).fill).toBe('red');
  });

  it('lives on when a message of the feed is rubbish', async () => {
    const one = node();
    const got = await load(service.url, [one]);
    const first = await feed();
    first.response.write('event: request\ndata: {rubbish\n\n');
    await until(() => statusOf(one.id).text === 'The service sent a message that is no JSON.');
    const next = await until(() => service.feeds.find((other) => other !== first));
    next.tell('request', request('m1'), '1');
    await until(() => got.out.length === 1);
  });

  it.each([
    ['no object', 'request', 7],
    ['null', 'settled', null],
    ['a request without ocpp', 'request', { msgId: 'm0' }],
    ['a request without msgId', 'request', { ocpp: {} }],
  ])('reports %s on the feed, and goes on', async (_what, event, data) => {
    const one = node();
    const got = await load(service.url, [one]);
    const open = await feed();
    open.tell(event, data, '1');
    await until(() => helper.getNode(one.id).error.getCalls().length === 1);
    open.tell('request', request('m1'), '2');
    await until(() => got.out.length === 1);
    expect(got.out[0].msgId).toBe('m1');
    expect(statusOf(one.id).text).toBe('following, 1 unanswered');
  });
});

describe('what the service leaves to flows', () => {
  it('is what the node answers, and goes back when it is deleted', async () => {
    const one = node();
    await load(service.url, [one]);
    await until(() => service.asked('PATCH /api/answering').length === 1);
    expect(service.asked('PATCH /api/answering')[0].body).toEqual({
      answers: { Authorize: 'delegated', BootNotification: 'delegated' },
    });
    await until(() => statusOf(one.id).fill === 'green');
    await helper.getNode(one.id).close(true);
    expect(service.asked('PATCH /api/answering')[1].body).toEqual({
      answers: { Authorize: null, BootNotification: null },
    });
  });

  it('stays what another node still answers', async () => {
    const [one, other] = [node(), node({ operations: ['Authorize'] })];
    await load(service.url, [one, other]);
    await until(() => statusOf(one.id).fill === 'green' && statusOf(other.id).fill === 'green');
    await until(() => service.asked('PATCH /api/answering').length === 2);
    await helper.getNode(one.id).close(true);
    expect(service.asked('PATCH /api/answering').at(-1).body).toEqual({ answers: { BootNotification: null } });
  });

  it('stays as it is over a restart', async () => {
    const one = node();
    await load(service.url, [one]);
    await until(() => service.asked('PATCH /api/answering').length === 1);
    await helper.getNode(one.id).close(false);
    expect(service.asked('PATCH /api/answering')).toHaveLength(1);
  });

  it('is said box by box where boxes are named, and leaves the rules for all to them when it goes', async () => {
    const path = 'PATCH /api/charge-boxes/CB/1/answers';
    service.on(path, [200, {}]);
    const one = node({ operations: ['Authorize'], boxes: 'CB/1\nCB-unknown' });
    await load(service.url, [one]);
    await until(() => service.asked(path).length === 1);
    expect(service.asked(path)[0].body).toEqual({ Authorize: 'delegated' });
    await until(() => helper.getNode(one.id).warn.getCalls().length > 0);
    expect(helper.getNode(one.id).warn.getCalls()[0].args[0]).toMatch(/^CB-unknown cannot be left to this flow/);
    await helper.getNode(one.id).close(true);
    expect(service.asked(path)[1].body).toEqual({ Authorize: null });
    expect(service.asked('PATCH /api/answering')).toEqual([]);
  });
});

describe('a dialog that says nonsense', () => {
  it.each([
    ['no operation', { operations: [] }, /No operation is chosen/],
    ['an unknown operation', { operations: ['Dance'] }, /Unknown operations: Dance/],
    ['operations of another kind', { operations: [7, {}] }, /Unknown operations: 7/],
    [
      'too many boxes',
      { boxes: Array.from({ length: 101 }, (_, index) => `CB-${index}`).join('\n') },
      /101 charge boxes are named; 100 at most/,
    ],
    ['no service', { service: '' }, /No ocpp-service is chosen/],
  ])('%s is shown on the node', async (_what, more, text) => {
    const one = node(more);
    await load(service.url, [one]);
    expect(statusOf(one.id)).toMatchObject({ fill: 'red', text: expect.stringMatching(text) });
    expect(service.calls).toEqual([]);
  });
});
