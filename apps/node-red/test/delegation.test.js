'use strict';

const { EventEmitter } = require('node:events');
const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { Api } = require('../lib/api');
const { Delegation } = require('../lib/delegation');
const { FakeService, key, until } = require('./support/fake-service');

// Who takes what back from whom, over processes and between several Node-REDs. Cannot see: deploys.

let service;
let api;
let userDir;
let answers;
beforeEach(async () => {
  answers = {};
  userDir = mkdtempSync(path.join(tmpdir(), 'delegation-'));
  service = await FakeService.start();
  service
    .on('GET /api/answering', () => [200, { answers }])
    .on('PATCH /api/answering', ({ body }) => {
      answers = { ...answers, ...body.answers };
      return [200, {}];
    });
  api = new Api({ url: service.url, key });
});
afterEach(async () => {
  api.close();
  await service.stop();
  rmSync(userDir, { recursive: true, force: true });
});

/** A process of Node-RED: it knows of former ones only what the disk has. */
function processOf() {
  let Ledger;
  jest.isolateModules(() => ({ DelegationLedger: Ledger } = require('../lib/delegation-ledger')));
  const warnings = [];
  const events = new EventEmitter();
  const ledger = Ledger.ofRuntime({ events, log: { warn: (text) => warnings.push(text) }, settings: { userDir } });
  return { ledger, warnings, deployed: () => events.emit('flows:started', {}) };
}
const nodeOf = (ledger, ...operations) => {
  const leaving = new AbortController();
  const changes = [];
  const wanted = { operations, boxes: [], delegate: true };
  const delegation = new Delegation(ledger, api, wanted, {
    signal: leaving.signal,
    onChange: () => changes.push(delegation.fault),
  });
  return { delegation, changes, leaving };
};

it('what another Node-RED handed back is delegated again at the next look', async () => {
  const { delegation, changes } = nodeOf(processOf().ledger, 'Authorize');
  await delegation.ensure();
  answers = { Heartbeat: 'delegated' };
  await delegation.ensure();
  expect(answers).toEqual({ Heartbeat: 'delegated', Authorize: 'delegated' });
  expect(changes).toEqual([undefined]);
});

it('looks that find all as it should be change nothing', async () => {
  const { delegation } = nodeOf(processOf().ledger, 'Authorize');
  await delegation.ensure();
  await delegation.ensure();
  expect(service.asked('PATCH /api/answering')).toHaveLength(1);
});

it('what a former process had delegated goes back when a node leads there again', async () => {
  const first = processOf();
  await nodeOf(first.ledger, 'Authorize', 'BootNotification').delegation.ensure();
  await first.ledger.kept.settled();
  const second = processOf();
  second.deployed();
  await until(() => second.warnings.length === 1);
  expect(second.warnings[0]).toMatch(/still leaves Authorize, BootNotification to flows.*No node leads to it any more/);
  const { delegation } = nodeOf(second.ledger, 'BootNotification');
  await delegation.ensure();
  second.deployed();
  await until(() => answers.Authorize === null);
  expect(answers).toEqual({ Authorize: null, BootNotification: 'delegated' });
  await second.ledger.kept.settled();
  expect(processOf().ledger.kept.entries()).toHaveLength(1);
});

it('what a call may have delegated that nobody heard the end of goes back', async () => {
  const { ledger, deployed } = processOf();
  service.on('PATCH /api/answering', ({ body }) => {
    answers = { ...answers, ...body.answers };
    return 'drop';
  });
  const { delegation, changes } = nodeOf(ledger, 'Authorize');
  await delegation.ensure();
  expect(changes).toEqual([expect.stringMatching(/cannot be reached/)]);
  delegation.release();
  service.on('PATCH /api/answering', ({ body }) => {
    answers = { ...answers, ...body.answers };
    return [200, {}];
  });
  deployed();
  await until(() => answers.Authorize === null);
});

it('what a node wants again while it is being handed back stays known', async () => {
  const { ledger, deployed } = processOf();
  const first = nodeOf(ledger, 'Authorize').delegation;
  await first.ensure();
  first.release();
  let second;
  service.on('PATCH /api/answering', ({ body }) => {
    second ??= nodeOf(ledger, 'Authorize').delegation;
    answers = { ...answers, ...body.answers };
    return [200, {}];
  });
  deployed();
  await until(() => answers.Authorize === null);
  await second.ensure();
  second.release();
  expect(answers.Authorize).toBe('delegated');
  await until(() => ledger.orphans().length === 1);
});
