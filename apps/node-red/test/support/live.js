'use strict';

const { spawn } = require('node:child_process');
const { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { createServer } = require('node:net');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { key, until } = require('./fake-service');

const own = path.join(__dirname, '../..');
const root = path.join(own, '../..');
const { name } = require('../../package.json');
const { SimulatedChargeBox, serveChargePoint } = require(path.join(root, 'dist/apps/charge-box-simulator/src'));

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

const isUp = (url) =>
  fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );

/** A program with a folder of its own, which can be killed and started again. */
class Program {
  constructor(prefix) {
    this.folder = mkdtempSync(path.join(tmpdir(), prefix));
    this.output = '';
  }

  run(args, { node = process.execPath, ...options }) {
    const child = spawn(node, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    this.child = child;
    this.gone = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (this.output += text));
  }

  async end(signal = 'SIGTERM') {
    this.child.kill(signal);
    return this.gone;
  }

  get isRunning() {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  async remove() {
    if (this.isRunning) await this.end('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The service as it is built, on an embedded store. */
class Service extends Program {
  static async start(environment = {}) {
    const service = new Service('ocpp-service-');
    service.environment = environment;
    [service.soapPort, service.apiPort] = [await freePort(), await freePort()];
    await service.start();
    return service;
  }

  get url() {
    return `http://127.0.0.1:${this.apiPort}`;
  }

  async start() {
    this.run([path.join(root, 'dist/apps/central-system/src/main.js')], {
      // Its compiled store is for one version of Node; Node-RED may be tried with another.
      node: process.env.SERVICE_NODE,
      cwd: this.folder,
      env: {
        PATH: process.env.PATH,
        DATA_DIR: path.join(this.folder, 'data'),
        SOAP_HOST: '127.0.0.1',
        SOAP_PORT: String(this.soapPort),
        API_PORT: String(this.apiPort),
        API_KEY: key,
        CHARGE_BOX_REGISTRATION: 'open',
        ID_TAG_POLICY: 'open',
        OUTBOUND_ALLOW: 'peer 127.0.0.0/8',
        ...this.environment,
      },
    });
    await until(() => isUp(`${this.url}/health/ready`), `the service is ready: ${this.output}`, 30_000);
  }

  async api(method, route, body) {
    const response = await fetch(`${this.url}/api${route}`, {
      method,
      headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return response.json();
  }

  box(identity, more = {}) {
    return new SimulatedChargeBox({
      identity,
      url: `http://127.0.0.1:${this.soapPort}/ocpp`,
      timeout: 60_000,
      ...more,
    });
  }

  /** A charge box that has booted and can be called. */
  async reachableBox(identity) {
    const port = await freePort();
    const box = this.box(identity, { from: `http://127.0.0.1:${port}/` });
    const point = await serveChargePoint(box, { connectors: 2, port });
    await box.call('BootNotification', { chargePointVendor: 'Acme', chargePointModel: 'Duo' });
    return { box, point };
  }
}

/** A real Node-RED without a window, with this package in its user directory. */
class NodeRed extends Program {
  static async start({
    service,
    red = process.env.NODE_RED ?? path.join(own, 'node_modules/node-red'),
    install = copyPackage,
  } = {}) {
    const nodeRed = new NodeRed('node-red-');
    nodeRed.red = red;
    nodeRed.service = service;
    nodeRed.port = await freePort();
    install(nodeRed.folder);
    const settings = {
      uiHost: '127.0.0.1',
      uiPort: nodeRed.port,
      flowFile: 'flows.json',
      credentialSecret: 'for tests only',
      telemetry: { enabled: false, updateNotification: false },
      editorTheme: { tours: false },
      logging: { console: { level: 'info' } },
    };
    writeFileSync(path.join(nodeRed.folder, 'settings.js'), `module.exports = ${JSON.stringify(settings)};\n`);
    await nodeRed.start();
    return nodeRed;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  async start() {
    this.run([path.join(this.red, 'red.js'), '--userDir', this.folder], { cwd: this.folder });
    await until(() => isUp(`${this.url}/flows`), `Node-RED is up: ${this.output}`, 60_000);
  }

  /** Deploys nodes, with the address and the key of the service put in. */
  async deploy(nodes, type = 'full') {
    // As the editor does: credentials are sent with the first deploy only, or all that use them would count as changed.
    const credentials = type === 'full' ? { credentials: { key } } : {};
    this.nodes = nodes.map((node) =>
      node.type === 'ocpp-service' ? { ...node, url: this.service.url, ...credentials } : node,
    );
    const before = this.starts;
    const response = await fetch(`${this.url}/flows`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Node-RED-Deployment-Type': type },
      body: JSON.stringify(this.nodes),
    });
    if (!response.ok) throw new Error(`The deploy is refused with ${response.status}: ${await response.text()}`);
    // The answer comes before the nodes are started.
    await until(() => this.starts > before, `flows are started: ${this.output}`);
  }

  get starts() {
    return this.output.split('\n').filter((line) => / Started (modified )?(flows|nodes)/.test(line)).length;
  }

  /** What debug nodes of a name printed. */
  said(node) {
    return this.output.split('\n').filter((line) => line.includes(`[debug:${node}]`)).length;
  }

  click(id) {
    return fetch(`${this.url}/inject/${id}`, { method: 'POST' });
  }

  async post(route, body) {
    const response = await fetch(`${this.url}${route}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    return response.json();
  }
}

function copyPackage(folder) {
  const to = path.join(folder, 'node_modules', name);
  mkdirSync(to, { recursive: true });
  for (const part of ['package.json', 'nodes', 'lib', 'resources', 'examples'])
    cpSync(path.join(own, part), path.join(to, part), { recursive: true });
}

/** Payloads of commands that the README shows. */
const shownCommands = () => {
  const text = readFileSync(path.join(own, 'README.md'), 'utf8');
  return [...text.matchAll(/^```json command\n(.*?)^```$/gms)].map(([, payload]) => JSON.parse(payload));
};

const example = (title) => JSON.parse(readFileSync(path.join(own, 'examples', `${title}.json`), 'utf8'));

module.exports = { example, freePort, NodeRed, own, Service, shownCommands, until };
