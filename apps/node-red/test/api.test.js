'use strict';

const { Api } = require('../lib/api');
const { FakeService, key } = require('./support/fake-service');

// Calls of the API while nodes close and while connections break. Cannot see: proxies.

let service;
let api;
beforeEach(async () => {
  service = await FakeService.start();
  api = new Api({ url: service.url, key });
});
afterEach(async () => {
  api.close();
  await service.stop();
});

const held = () => {
  let arrived;
  const reached = new Promise((resolve) => {
    arrived = resolve;
  });
  return { reached, arrived };
};

it('what is on its way when the node of the service closes arrives, and so does what comes after', async () => {
  const { reached, arrived } = held();
  service.on('PATCH /api/answering', () => {
    arrived();
    return [200, { fine: true }];
  });
  const call = api.call('PATCH', '/api/answering', { body: {} });
  api.close();
  await reached;
  expect((await call).body).toEqual({ fine: true });
  expect((await api.call('PATCH', '/api/answering', { body: {} })).body).toEqual({ fine: true });
});

it('a kept connection that breaks under a call is replaced, once', async () => {
  service.on('GET /api/answering', [200, { fine: true }]);
  await api.call('GET', '/api/answering');
  let breaks = 1;
  service.on('GET /api/answering', () => ((breaks -= 1) >= 0 ? 'drop' : [200, { fine: 'again' }]));
  expect((await api.call('GET', '/api/answering')).body).toEqual({ fine: 'again' });
  breaks = 2;
  await expect(api.call('GET', '/api/answering')).rejects.toThrow(/cannot be reached/);
});

it('a call can be given up', async () => {
  const { reached, arrived } = held();
  service.on('GET /api/answering', () => arrived());
  const leaving = new AbortController();
  const call = api.call('GET', '/api/answering', { signal: leaving.signal });
  await reached;
  leaving.abort();
  await expect(call).rejects.toThrow(/does not answer/);
});

it.each([
  [401, {}, /refuses the API key/],
  [404, { detail: 'No such thing.' }, /No such thing/],
  [418, 'tea', /answered with status 418/],
  [500, { detail: 'Broken.' }, /cannot serve now. Broken/],
  [503, 'down', /cannot serve now. It answered with status 503/],
])('status %i is explained', async (status, body, text) => {
  service.on('GET /api/answering', [status, body]);
  await expect(api.call('GET', '/api/answering')).rejects.toThrow(text);
});
