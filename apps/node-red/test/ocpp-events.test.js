'use strict';

const { FakeService, helper, load, statusOf, until } = require('./support/flow');

// How an ocpp-events node follows feeds, against a stand-in of the service. Cannot see: restarts of a real Node-RED.

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

const node = (more = {}) => ({
  id: `events-${Math.random().toString(16).slice(2)}`,
  type: 'ocpp-events',
  feed: 'events',
  identity: '',
  types: '',
  start: 'beginning',
  wires: [['out'], ['second']],
  ...more,
});
const event = (more = {}) => ({
  id: 'e1',
  type: 'ChargeBoxBooted',
  data: { vendor: 'Acme' },
  metadata: { schema: 1 },
  stream: 'chargeBox-CB~2F1',
  revision: 0,
  position: '01',
  recordedAt: '2026-03-01T12:00:00.000Z',
  ...more,
});
const feedOf = (name) => until(() => service.feed(`/api/feeds/${name}`));

describe('an events node', () => {
  it('passes events on, with the charge box that they are of', async () => {
    const one = node({ types: 'ChargeBoxBooted, ConnectorStatusReported', identity: 'CB/1' });
    const got = await load(service.url, [one]);
    const feed = await feedOf('events');
    expect([...feed.query]).toEqual([
      ['identity', 'CB/1'],
      ['type', 'ChargeBoxBooted,ConnectorStatusReported'],
    ]);
    feed.tell('event', event(), 'p1');
    feed.tell('caught-up', { position: '01' }, 'p2');
    await until(() => got.second.length === 1);
    expect(got.out[0]).toMatchObject({
      topic: 'ChargeBoxBooted',
      payload: { vendor: 'Acme' },
      event: { id: 'e1', position: '01' },
      ocpp: { chargeBoxIdentity: 'CB/1' },
    });
    expect(got.second[0]).toMatchObject({ topic: 'caught-up', feed: 'events' });
    await until(() => statusOf(one.id).text === 'following, 1 told');
    expect(statusOf(one.id)).toEqual({ fill: 'green', shape: 'dot', text: 'following, 1 told' });
  });

  it('passes rows on, and those that are gone', async () => {
    const got = await load(service.url, [node({ feed: 'connectors', types: 'left over' })]);
    const feed = await feedOf('connectors');
    expect([...feed.query]).toEqual([]);
    const row = { identity: 'CB-1', connectorId: 1, status: 'Faulted' };
    feed.tell('row', { key: 'k', row }, 'p1');
    feed.tell('removed', { key: 'k' }, 'p2');
    feed.tell('reset', { reason: 'Built anew.' }, 'p3');
    await until(() => got.second.length === 1);
    expect(got.out).toMatchObject([
      { topic: 'connectors', payload: row, key: 'k', change: 'row', ocpp: { chargeBoxIdentity: 'CB-1' } },
      { topic: 'connectors', payload: null, key: 'k', change: 'removed' },
    ]);
    expect(got.second[0]).toMatchObject({ topic: 'reset', payload: { reason: 'Built anew.' } });
  });

  it.each([
    ['null as an event', 'event', null],
    ['text as a reset', 'reset', 'all'],
  ])('reports %s, and goes on', async (_what, name, data) => {
    const one = node();
    const got = await load(service.url, [one]);
    const feed = await feedOf('events');
    feed.tell(name, data, 'p1');
    await until(() => helper.getNode(one.id).error.getCalls().length === 1);
    feed.tell('event', event(), 'p2');
    await until(() => got.out.length === 1);
    await until(() => statusOf(one.id).text === 'following, 1 told');
  });

  it('begins with what comes from now on, where that is chosen', async () => {
    const got = await load(service.url, [node({ start: 'now' })]);
    const feed = await feedOf('events');
    expect(feed.query.get('from')).toBe('now');
    // Recorded while the feed was opened.
    feed.tell('event', event({ id: 'new' }), 'p2');
    feed.tell('caught-up', {}, 'p2');
    await until(() => got.out.length === 1);
    expect(got.out[0].event.id).toBe('new');
  });

  it('leaves out the rows that there are, where what comes from now on is chosen', async () => {
    const got = await load(service.url, [node({ start: 'now', feed: 'transactions' })]);
    const feed = await feedOf('transactions');
    expect(feed.query.has('from')).toBe(false);
    feed.tell('row', { key: '1', row: { transactionId: 1 } }, 'p1');
    feed.tell('caught-up', {}, 'p1');
    feed.tell('row', { key: '2', row: { transactionId: 2 } }, 'p2');
    await until(() => got.out.length === 1);
    expect(got.out[0].key).toBe('2');
  });

  it('shows how many it told once a second at most', async () => {
    const one = node();
    await load(service.url, [one]);
    const feed = await feedOf('events');
    for (let index = 0; index < 200; index += 1) feed.tell('event', event(), `p${index}`);
    await until(() => statusOf(one.id).text === 'following, 200 told');
    expect(helper.getNode(one.id).status.getCalls().length).toBeLessThan(6);
  });

  it('goes on where it was after a lost connection and after a deploy', async () => {
    const one = node();
    const got = await load(service.url, [one]);
    const first = await feedOf('events');
    first.tell('event', event(), 'p7');
    await until(() => got.out.length === 1);
    first.response.destroy();
    const second = await until(() => service.feeds.find((other) => other !== first));
    expect(second.headers['last-event-id']).toBe('p7');
    second.tell('event', event(), 'p8');
    await until(() => got.out.length === 2);
    await helper.unload();
    await load(service.url, [one]);
    const third = await until(() => service.feeds.find((other) => other !== first && other !== second));
    expect(third.headers['last-event-id']).toBe('p8');
  });

  it('goes on behind a place that the service told without an event', async () => {
    const one = node({ types: 'ChargeBoxBooted' });
    const got = await load(service.url, [one]);
    const first = await feedOf('events');
    first.tell('event', event(), 'p7');
    first.response.write(': the time\nid: p9\n\n');
    first.tell('caught-up', {});
    await until(() => got.second.length === 1);
    expect(got.out).toHaveLength(1);
    first.response.destroy();
    const second = await until(() => service.feeds.find((other) => other !== first));
    expect(second.headers['last-event-id']).toBe('p9');
    await helper.unload();
    await load(service.url, [one]);
    const third = await until(() => service.feeds.find((other) => other !== first && other !== second));
    expect(third.headers['last-event-id']).toBe('p9');
  });

  it('begins with everything at every start, where that is chosen, and says so', async () => {
    const one = node({ feed: 'connectors', start: 'anew' });
    await load(service.url, [one]);
    const first = await feedOf('connectors');
    first.tell('row', { key: 'k', row: { identity: 'CB-1' } }, 'p7');
    await until(() => statusOf(one.id).text === 'following, 1 told');
    await helper.unload();
    const got = await load(service.url, [one]);
    const second = await until(() => service.feeds.find((other) => other !== first));
    expect(second.headers['last-event-id']).toBeUndefined();
    await until(() => got.second.length === 1);
    expect(got.second[0]).toMatchObject({ topic: 'reset' });
  });

  it('begins anew where something else is followed now', async () => {
    const one = node();
    const got = await load(service.url, [one]);
    const first = await feedOf('events');
    first.tell('event', event(), 'p7');
    await until(() => got.out.length === 1);
    await helper.unload();
    await load(service.url, [{ ...one, identity: 'CB-2' }]);
    const second = await until(() => service.feeds.find((other) => other !== first));
    expect(second.headers['last-event-id']).toBeUndefined();
  });

  it.each([
    ['no feed', { feed: '' }, /"" is no feed/],
    ['an unknown feed', { feed: 'dances' }, /"dances" is no feed/],
    ['a feed of another kind', { feed: 7 }, /"7" is no feed/],
    ['a name of every object', { feed: 'constructor' }, /is no feed/],
    ['no service', { service: '' }, /No ocpp-service is chosen/],
  ])('%s is shown on the node', async (_what, more, text) => {
    const one = node(more);
    await load(service.url, [one]);
    expect(statusOf(one.id)).toMatchObject({ fill: 'red', text: expect.stringMatching(text) });
    expect(service.calls).toEqual([]);
  });
});
