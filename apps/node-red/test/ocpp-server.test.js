'use strict';

const { FakeService, helper, key, load, statusOf, until } = require('./support/flow');

// How an ocpp-server node follows requests, against a stand-in of the service. Cannot see: deploys of a real Node-RED.

let service;
/** What the stand-in leaves to flows. */
let answers;
const patched = ({ body }) => {
  answers = { ...answers, ...body.answers };
  return [200, { answers }];
};
beforeEach(async () => {
  service = await FakeService.start();
  answers = {};
  service.on('GET /api/answering', () => [200, { answers }]).on('PATCH /api/answering', patched);
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
    await until(() => statusOf(one.id).text === 'following, 1 unanswered');
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
    service.on('GET /api/answering', () => [200, { answers }]).on('PATCH /api/answering', patched);
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
  const patches = () => service.asked('PATCH /api/answering').map(({ body }) => body.answers);
  const both = { Authorize: 'delegated', BootNotification: 'delegated' };
  const isGreen = ({ id }) => until(() => statusOf(id).fill === 'green');
  /** A deploy of other nodes in place of those that there are. */
  const deploy = (...flow) => helper.setFlows(flow, 'nodes', { service: { key } });
  const base = (...flow) => [
    { id: 'tab', type: 'tab' },
    { id: 'service', type: 'ocpp-service', url: service.url },
    ...flow.map((one) => ({ z: 'tab', service: 'service', ...one })),
  ];
  const logged = (text) =>
    until(() =>
      helper
        .log()
        .args.flat()
        .some(({ msg }) => text.test(String(msg))),
    );

  it('is what the node answers, and goes back when it is deleted', async () => {
    const one = node();
    await load(service.url, [one]);
    await isGreen(one);
    expect(patches()).toEqual([both]);
    await deploy(...base());
    await until(() => patches().length === 2);
    expect(patches()[1]).toEqual({ Authorize: null, BootNotification: null });
  });

  it('stays what another node still answers', async () => {
    const [one, other] = [node(), node({ operations: ['Authorize'] })];
    await load(service.url, [one, other]);
    await Promise.all([isGreen(one), isGreen(other)]);
    await deploy(...base(other));
    await until(() => patches().some(({ BootNotification }) => BootNotification === null));
    expect(patches().at(-1)).toEqual({ BootNotification: null });
  });

  it('stays as it is over a restart, and is not said again', async () => {
    const one = node();
    await load(service.url, [one]);
    await isGreen(one);
    await helper.unload();
    await load(service.url, [one]);
    await isGreen(one);
    expect(patches()).toEqual([both]);
  });

  it('goes back when the node cannot work any more', async () => {
    const one = node();
    await load(service.url, [one]);
    await isGreen(one);
    await deploy(...base({ ...one, operations: [] }));
    await until(() => patches().length === 2);
    expect(patches()[1]).toEqual({ Authorize: null, BootNotification: null });
  });

  it('goes back at the old address when the address changes', async () => {
    const one = node();
    await load(service.url, [one]);
    await isGreen(one);
    const other = await FakeService.start();
    other.on('GET /api/answering', [200, { answers: both }]);
    const [tab, config, ...rest] = base(one);
    await deploy(tab, { ...config, url: other.url }, ...rest);
    await until(() => patches().length === 2);
    expect(patches()[1]).toEqual({ Authorize: null, BootNotification: null });
    await helper.unload();
    await other.stop();
  });

  it('is named with its operations where it cannot go back', async () => {
    const one = node();
    await load(service.url, [one]);
    await isGreen(one);
    service.on('PATCH /api/answering', [503, { detail: 'Later.' }]);
    await deploy(...base());
    await logged(/still leaves Authorize, BootNotification to flows, and no node answers any more.*Later/);
    service.on('PATCH /api/answering', patched);
    await deploy(...base({ ...one, operations: ['Authorize'], delegate: false }));
    await until(() => answers.Authorize === null && answers.BootNotification === null);
  });

  it('is shown as long as the service does not, and said again', async () => {
    service.on('PATCH /api/answering', [503, { detail: 'Later.' }]);
    const one = node();
    await load(service.url, [one]);
    await until(() => statusOf(one.id).fill === 'yellow' && statusOf(one.id).text.startsWith('not delegated'));
    expect(statusOf(one.id).text).toMatch(/^not delegated: The service cannot serve now. Later/);
    service.on('PATCH /api/answering', patched);
    await isGreen(one);
    expect(answers).toEqual(both);
  });

  it('is said box by box where boxes are named, also of one that shows itself later', async () => {
    const known = new Map([['CB/1', {}]]);
    const patch = 'PATCH /api/charge-boxes/CB/1/answers';
    for (const identity of ['CB/1', 'CB-late'])
      service
        .on(`GET /api/charge-boxes/${identity}`, () =>
          known.has(identity) ? [200, { answers: known.get(identity) }] : [404, { detail: 'Not known.' }],
        )
        .on(`PATCH /api/charge-boxes/${identity}/answers`, ({ body }) => {
          known.set(identity, body);
          return [200, {}];
        });
    const one = node({ operations: ['Authorize'], boxes: 'CB-late\nCB/1' });
    await load(service.url, [one]);
    await until(() => statusOf(one.id).text === 'not delegated: CB-late: Not known.');
    expect(service.asked(patch).map(({ body }) => body)).toEqual([{ Authorize: 'delegated' }]);
    known.set('CB-late', { Heartbeat: 'delegated' });
    await isGreen(one);
    expect(known.get('CB-late')).toEqual({ Authorize: 'delegated' });
    await deploy(...base());
    await until(() => service.asked(patch).length === 2);
    expect(service.asked(patch)[1].body).toEqual({ Authorize: null });
    expect(patches()).toEqual([]);
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
