'use strict';

const helper = require('node-red-node-test-helper');
const { FakeService, key, until } = require('./fake-service');

const red = require.resolve(process.env.NODE_RED ?? 'node-red');
helper.init(red);

const nodes = ['service', 'server', 'response', 'request', 'events'].map((name) =>
  require(`../../nodes/ocpp-${name}.js`),
);

/** Loads nodes with a service node `service` and a catch node `caught`; what they send is kept by the id of the helper node. */
async function load(url, flow, { apiKey = key } = {}) {
  const service = { id: 'service', type: 'ocpp-service', url };
  const tab = { id: 'tab', type: 'tab' };
  const caught = { id: 'caught', type: 'catch', z: 'tab', wires: [['errors']] };
  const helpers = ['out', 'second', 'errors'].map((id) => ({ id, type: 'helper', z: 'tab' }));
  const all = [tab, service, caught, ...helpers, ...flow.map((node) => ({ z: 'tab', service: 'service', ...node }))];
  const core = require(require.resolve('@node-red/nodes/core/common/25-catch.js', { paths: [red] }));
  await helper.load([...nodes, core], all, { service: { key: apiKey } });
  const got = { out: [], second: [], errors: [] };
  for (const id of Object.keys(got)) helper.getNode(id).on('input', (msg) => got[id].push(msg));
  return got;
}

/** What a node shows last. */
const statusOf = (id) => {
  const calls = helper.getNode(id).status.getCalls();
  return calls.at(-1)?.args[0] ?? {};
};

module.exports = { FakeService, helper, key, load, statusOf, until };
