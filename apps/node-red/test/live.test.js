'use strict';

const { execFileSync } = require('node:child_process');
const { mkdtempSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { example, NodeRed, own, Service, shownCommands, until } = require('./support/live');

// The example flows, the examples of the nodes that these descend from, and what may happen in their middle: a real Node-RED, the running service
// and simulated charge boxes. Cannot see: the editor.

let service;
let red;
const boxes = [];

beforeAll(async () => {
  service = await Service.start();
  red = await NodeRed.start({ service });
}, 120_000);
afterEach(async () => {
  for (const { box, point } of boxes.splice(0)) {
    box.close();
    await point?.close();
  }
});
afterAll(async () => {
  await red?.remove();
  await service?.remove();
});

const boot = { chargePointVendor: 'Acme', chargePointModel: 'Duo' };
const accepted = { status: 'Accepted' };

function silentBox(identity) {
  const box = service.box(identity);
  boxes.push({ box });
  return box;
}

async function reachableBox(identity) {
  const pair = await service.reachableBox(identity);
  boxes.push(pair);
  return pair;
}

const delegated = (operation, answerer = 'delegated') =>
  until(
    async () => ((await service.api('GET', '/answering')).answers[operation] ?? 'automatic') === answerer,
    `${operation} is ${answerer}`,
  );
const commandsOf = async (identity) => (await service.api('GET', `/commands?identity=${identity}`)).rows;

const tab = { id: 'tab', type: 'tab', label: 'Test' };
const config = { id: 'service', type: 'ocpp-service' };
const node = (id, type, wires, more) => ({ id, type, z: 'tab', x: 100, y: 100, wires: [wires].flat(), ...more });
const func = (id, code, ...wires) => node(id, 'function', wires, { func: code, outputs: wires.length });
const debug = (name) =>
  node(name, 'debug', [], {
    name,
    active: true,
    console: true,
    tosidebar: false,
    complete: 'payload',
    targetType: 'msg',
  });

/** A web page of the flow: what is posted to it is the payload of a message, the answer what came of it. */
const asked = (...nodes) => [
  tab,
  config,
  node('in', 'http in', [['request']], { url: '/send', method: 'post' }),
  ...nodes,
  func(
    'told',
    'msg.payload = { payload: msg.payload, ocpp: msg.ocpp, problem: msg.problem }; msg.statusCode = 200; return msg;',
    ['out'],
  ),
  node('out', 'http response', []),
  node('caught', 'catch', [['told']]),
];
const requestNode = (more) =>
  node('request', 'ocpp-request', [['told']], {
    service: 'service',
    target: 'BOX-SEED',
    targetType: 'str',
    outputs: 1,
    ...more,
  });
const serverNode = (operations, ...wires) =>
  node('server', 'ocpp-server', [wires], {
    service: 'service',
    operations,
    boxes: '',
    offer: 'competing',
    delegate: true,
  });
const responseNode = node('response', 'ocpp-response', [[]], { service: 'service', outputs: 1 });
const bootFlow = (delay, ...more) => [
  tab,
  config,
  serverNode(['BootNotification'], 'wait', 'seen'),
  debug('seen'),
  node('wait', 'delay', [['accept']], { pauseType: 'delay', timeout: String(delay), timeoutUnits: 'milliseconds' }),
  func('accept', "msg.payload = { status: 'Accepted', heartbeatInterval: 77 }; return msg;", ['response']),
  responseNode,
  node('catch', 'catch', [['problem']]),
  debug('problem'),
  ...more,
];
const booted = { response: { status: 'Accepted', heartbeatInterval: 77 } };

describe('the examples', () => {
  it('accept boots', async () => {
    await red.deploy(example('accept boots'));
    await delegated('BootNotification');
    const outcome = await silentBox('EX-1').call('BootNotification', boot);
    expect(outcome.response).toMatchObject({ status: 'Accepted', heartbeatInterval: 60 });
  });

  it('authorise from a list, and take back what is not answered any more', async () => {
    await red.deploy(example('authorise from a list'));
    await delegated('StartTransaction');
    await delegated('BootNotification', 'automatic');
    const box = silentBox('EX-2');
    const verdict = async (idTag) => (await box.call('Authorize', { idTag })).response.idTagInfo;
    expect(await verdict('04A2B3C4D5')).toMatchObject({ status: 'Accepted', parentIdTag: 'FAMILY-1' });
    expect(await verdict('0B1C2D3E4F')).toMatchObject({ status: 'Blocked' });
    expect(await verdict('constructor')).toMatchObject({ status: 'Invalid' });
    const start = { connectorId: 1, idTag: '04A2B3C4D5', timestamp: new Date().toISOString(), meterStart: 7 };
    const { response } = await box.call('StartTransaction', start);
    expect(response).toMatchObject({ idTagInfo: accepted, transactionId: expect.any(Number) });
  });

  it('start a transaction when the button is clicked', async () => {
    await red.deploy(example('remote start on button'));
    await reachableBox('SIM-0001');
    await red.click('ocpp03button');
    await until(() => red.said('result') === 1);
    await until(() => red.said('progress') >= 1);
    expect(await commandsOf('SIM-0001')).toMatchObject([
      { operation: 'RemoteStartTransaction', status: 'Answered', data: { idTag: '04A2B3C4D5', connectorId: 1 } },
    ]);
    expect(red.said('problem')).toBe(0);
  });

  it('raise an alarm on a fault, also on one that came while Node-RED was not running', async () => {
    await red.deploy(example('alarm on fault'));
    const box = silentBox('EX-4');
    await box.call('BootNotification', boot);
    const fault = (connectorId) =>
      box.call('StatusNotification', { connectorId, status: 'Faulted', errorCode: 'GroundFailure' });
    // When the node has come to the present nobody can see from here.
    await until(async () => {
      await fault(1);
      return red.said('alarm') >= 1;
    });
    await fault(3);
    await until(() => red.output.includes('EX-4, connector 3: GroundFailure'));
    // What was told is noted every second.
    await red.end();
    await fault(2);
    const before = red.said('alarm');
    await red.start();
    await until(() => red.output.includes('EX-4, connector 2: GroundFailure'));
    expect(red.said('alarm')).toBe(before + 1);
  });

  it('show connectors on a page, with what boxes say escaped', async () => {
    const box = silentBox('EX-5<b>');
    await box.call('BootNotification', boot);
    await box.call('StatusNotification', { connectorId: 2, status: 'Occupied', errorCode: 'NoError' });
    await red.deploy(example('dashboard of connectors'));
    const page = () => fetch(`${red.url}/connectors`).then((response) => response.text());
    await until(async () => (await page()).includes('<td>EX-5&#60;b&#62;</td><td>2</td><td>Occupied</td>'));
    expect(await page()).not.toContain('EX-5<b>');
  });
});

describe('the examples of the nodes that these descend from', () => {
  beforeAll(() => red.deploy(asked(requestNode({ command: 'Reset', params: '{ "type": "Soft" }' }))));

  it.each([
    ['the default', {}, 'Soft'],
    ['hard', { data: { type: 'Hard' } }, 'Hard'],
    ['soft', { data: { type: 'Soft' } }, 'Soft'],
    ['hard, in small letters', { data: { type: 'hard' } }, 'Hard'],
    ['soft, in small letters', { data: { type: 'soft' } }, 'Soft'],
    ['command and data', { command: 'Reset', data: { type: 'Hard' } }, 'Hard'],
    ['command and data, misspelt as in their README', { commnad: 'Reset', data: { type: 'Hard' } }, 'Hard'],
  ])('reset: %s', async (_what, payload, type) => {
    const { point } = await reachableBox('BOX-SEED');
    expect(await red.post('/send', payload)).toMatchObject({
      payload: accepted,
      ocpp: { command: 'Reset', chargeBoxIdentity: 'BOX-SEED', url: `http://127.0.0.1:${point.port}/`, data: { type } },
    });
  });

  it.each(shownCommands())('as the README shows them: %j', async (payload) => {
    await reachableBox('BOX-SEED');
    const { command = 'Reset', data = { type: 'Soft' } } = payload;
    const result = await red.post('/send', payload);
    expect(result).toMatchObject({ payload: accepted, ocpp: { command, status: 'Answered' } });
    expect(JSON.stringify(result.ocpp.data).toLowerCase()).toBe(JSON.stringify(data).toLowerCase());
  });

  it('answer a boot', async () => {
    const code =
      "msg.payload = { status: 'Accepted', currentTime: new Date().toISOString(), heartbeatInterval: 60 }; return msg;";
    await red.deploy([
      tab,
      config,
      serverNode(['BootNotification'], 'accept'),
      func('accept', code, ['response']),
      responseNode,
    ]);
    await delegated('BootNotification');
    const { response } = await silentBox('BOX-SEED').call('BootNotification', boot);
    expect(response).toMatchObject({ status: 'Accepted', heartbeatInterval: 60 });
  });
});

describe('in the middle of it', () => {
  it('a deploy loses no request', async () => {
    await red.deploy(bootFlow(600_000));
    await delegated('BootNotification');
    const answer = silentBox('MID-1').call('BootNotification', boot);
    await until(() => red.said('seen') === 1);
    await red.deploy(bootFlow(1));
    expect(await answer).toMatchObject(booted);
    expect(red.said('problem')).toBe(0);
  });

  it.each(['nodes', 'flows'])('a deploy of changed %s elsewhere doubles no request', async (type) => {
    await red.deploy(bootFlow(1_500));
    await delegated('BootNotification');
    const before = red.said('seen');
    const answer = silentBox('MID-2').call('BootNotification', boot);
    await until(() => red.said('seen') === before + 1);
    const elsewhere = [
      { id: 'tab2', type: 'tab', label: 'Elsewhere' },
      { ...debug('elsewhere'), z: 'tab2' },
    ];
    await red.deploy(bootFlow(1_500, ...elsewhere), type);
    expect(await answer).toMatchObject(booted);
    expect(red.said('seen')).toBe(before + 1);
    expect(red.said('problem')).toBe(0);
  });

  it('a deploy of the changed node that has the request loses nothing', async () => {
    await red.deploy(bootFlow(600_000));
    await delegated('BootNotification');
    const before = red.said('seen');
    const answer = silentBox('MID-3').call('BootNotification', boot);
    await until(() => red.said('seen') === before + 1);
    await red.deploy(bootFlow(1), 'nodes');
    expect(await answer).toMatchObject(booted);
    expect(red.said('problem')).toBe(0);
  });

  it('Node-RED is killed: requests come again, and commands that waited return once', async () => {
    await red.deploy([
      ...bootFlow(600_000),
      node('button', 'inject', [['request']], { props: [] }),
      node('request', 'ocpp-request', [['result']], {
        service: 'service',
        target: 'MID-4',
        targetType: 'str',
        command: 'Reset',
        params: '{"type":"Soft"}',
        outputs: 1,
      }),
      debug('result'),
    ]);
    await delegated('BootNotification');
    await service.api('PUT', '/charge-boxes/MID-4/registration', { registration: 'Accepted' });
    await red.click('button');
    await until(async () => (await commandsOf('MID-4')).length === 1);
    const [seen, result] = [red.said('seen'), red.said('result')];
    const answer = silentBox('MID-5').call('BootNotification', boot);
    await until(() => red.said('seen') === seen + 1);
    // The file of what waits is written before the command goes out, and once more with its id.
    await red.end('SIGKILL');
    writeFileSync(
      path.join(red.folder, 'flows.json'),
      JSON.stringify(red.nodes.map((one) => (one.id === 'wait' ? { ...one, timeout: '1' } : one))),
    );
    await red.start();
    expect(await answer).toMatchObject(booted);
    await reachableBox('MID-4');
    await until(() => red.said('result') === result + 1);
    expect(await commandsOf('MID-4')).toMatchObject([{ operation: 'Reset', status: 'Answered', attempts: 1 }]);
  });

  it('the service is killed: the flow is back by itself, answers, and its commands return', async () => {
    await red.deploy([
      ...bootFlow(1),
      node('button', 'inject', [['request']], { props: [] }),
      node('request', 'ocpp-request', [['result']], {
        service: 'service',
        target: 'MID-6',
        targetType: 'str',
        command: 'Reset',
        params: '{"type":"Soft"}',
        outputs: 1,
      }),
      debug('result'),
    ]);
    await delegated('BootNotification');
    await service.api('PUT', '/charge-boxes/MID-6/registration', { registration: 'Accepted' });
    await red.click('button');
    await until(async () => (await commandsOf('MID-6')).length === 1);
    const result = red.said('result');
    await service.end('SIGKILL');
    // One is clicked while nobody is there.
    await red.click('button');
    await service.start();
    await until(async () => (await commandsOf('MID-6')).length === 2);
    expect(await silentBox('MID-7').call('BootNotification', boot)).toMatchObject(booted);
    await reachableBox('MID-6');
    await until(() => red.said('result') === result + 2);
    expect(await commandsOf('MID-6')).toMatchObject([{ status: 'Answered' }, { status: 'Answered' }]);
    expect(red.isRunning).toBe(true);
  });
});

describe('several that answer', () => {
  it('share the requests: each goes to one of those that compete, and to whoever sees all', async () => {
    const server = (id, offer, to) => ({ ...serverNode(['Authorize'], to), id, offer });
    await red.deploy([
      tab,
      config,
      server('one', 'competing', 'accept'),
      server('other', 'competing', 'accept'),
      server('watcher', 'broadcast', 'watched'),
      debug('watched'),
      func('accept', "msg.payload = { idTagInfo: { status: 'Accepted' } }; return [msg];", ['response', 'taken']),
      debug('taken'),
      responseNode,
    ]);
    await delegated('Authorize');
    await delegated('BootNotification', 'automatic');
    const box = silentBox('SHARE-1');
    await box.call('BootNotification', boot);
    for (const idTag of ['A', 'B', 'C', 'D'])
      expect((await box.call('Authorize', { idTag })).response).toMatchObject({ idTagInfo: accepted });
    await until(() => red.said('watched') === 4);
    expect(red.said('taken')).toBe(4);
  });
});

describe('bad input', () => {
  it('of every kind is told, and ends nothing', async () => {
    const bad = [
      7,
      'text',
      null,
      [],
      { command: 'Dance' },
      { command: 7 },
      { data: 'x' },
      { data: { type: 'gentle', extra: 1 } },
    ];
    await red.deploy(asked(requestNode({ command: 'Reset' })));
    for (const payload of bad.filter((one) => typeof one === 'object' && one !== null))
      expect(await red.post('/send', payload)).toMatchObject({ problem: { message: expect.any(String) } });
    const throwing = "msg.payload = { data: { get type() { throw new Error('boom'); } } }; return msg;";
    await red.deploy([
      tab,
      config,
      requestNode({ command: 'Reset', wires: [] }),
      { ...responseNode },
      node('caught', 'catch', [['fault']]),
      { ...debug('fault'), complete: 'problem.message' },
      node('button', 'inject', [['spoil']], { props: [] }),
      func(
        'spoil',
        `const circle = {}; circle.self = circle;
        for (const payload of [${bad.map((one) => JSON.stringify(one)).join()}, circle, { data: circle }, { data: { n: 1n } }, undefined])
          node.send([{ payload }, { payload, msgId: 'm1' }]);
        ${throwing}`,
        ['request'],
        ['response'],
      ),
    ]);
    await red.click('button');
    // Each of them at both nodes, and the one that cannot even be copied.
    await until(() => red.said('fault') === 2 * (bad.length + 4) + 1);
    expect(await (await fetch(`${red.url}/flows`)).json()).toHaveLength(red.nodes.length);
    expect(red.isRunning).toBe(true);
  });
});

describe('the package', () => {
  it('installs from what npm packs into an empty Node-RED, and works there', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'packed-'));
    const npm = (args, cwd) => execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    const [{ filename, files }] = JSON.parse(npm(['pack', '--json', '--pack-destination', folder], own));
    expect(files.map((file) => file.path)).toEqual(
      expect.arrayContaining(['README.md', 'LICENSE', 'package.json', 'examples/accept boots.json']),
    );
    expect(files.filter((file) => /^(test|tools|node_modules)\//.test(file.path))).toEqual([]);
    const install = (to) => {
      writeFileSync(path.join(to, 'package.json'), '{ "name": "empty", "private": true }');
      npm(['install', '--offline', '--no-audit', '--no-fund', path.join(folder, filename)], to);
    };
    const fresh = await NodeRed.start({ service, install });
    try {
      await red.deploy([tab]);
      await delegated('BootNotification', 'automatic');
      await fresh.deploy(example('accept boots'));
      await delegated('BootNotification');
      const outcome = await silentBox('PACK-1').call('BootNotification', boot);
      expect(outcome.response).toMatchObject({ status: 'Accepted', heartbeatInterval: 60 });
    } finally {
      await fresh.remove();
      rmSync(folder, { recursive: true, force: true });
    }
  }, 120_000);
});
