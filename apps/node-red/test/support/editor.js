'use strict';

const { existsSync, mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { chromium } = require('playwright-core');
const { example, NodeRed, Service } = require('./live');

const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
const quietly = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const titles = [
  'accept boots',
  'authorise from a list',
  'remote start on button',
  'alarm on fault',
  'dashboard of connectors',
];

/** Why there is no browser here; undefined where there is one. */
const noBrowser = existsSync(executablePath)
  ? undefined
  : `No browser: ${executablePath} is not there, and CHROMIUM_PATH names none.`;

/** The editor of a real Node-RED with all examples, in a real browser. */
class Editor {
  constructor(page) {
    this.page = page;
    /** What the page threw or logged as an error. */
    this.errors = [];
    page.on('pageerror', (error) => this.errors.push(error.message));
  }

  async load(url) {
    await this.page.goto(url);
    await this.page.waitForSelector('.red-ui-palette-node[data-palette-type="ocpp-events"]', { state: 'attached' });
    await this.page.waitForSelector('#red-ui-loading-progress', { state: 'hidden' });
    await this.page.evaluate(() => $('.red-ui-palette-category:not(:has([data-palette-type="ocpp-server"]))').hide());
  }

  async open(title) {
    const [{ id }] = example(title);
    await this.page.evaluate((tab) => RED.workspaces.show(tab), id);
    await this.page.waitForSelector('.red-ui-flow-node');
  }

  async edit(id) {
    await this.page.evaluate((one) => {
      const node = RED.nodes.node(one);
      if (node.z) RED.workspaces.show(node.z);
      if (node._def.category === 'config') RED.editor.editConfig('', node.type, node.id);
      else RED.editor.edit(node);
    }, id);
    await this.page.waitForSelector('#node-dialog-ok, #node-config-dialog-ok', { state: 'visible' });
    await this.settled();
  }

  /** Trays slide; they have come to rest when they are twice in the same place. */
  async settled() {
    const tray = this.page.locator('.red-ui-tray').last();
    for (let before; ; await this.page.waitForTimeout(100)) {
      const now = JSON.stringify(await tray.boundingBox());
      if (now === before) return;
      before = now;
    }
  }

  async cancel() {
    await this.page.locator('#node-dialog-cancel, #node-config-dialog-cancel').last().click();
    await this.page.waitForSelector('.red-ui-tray', { state: 'detached' });
  }

  async ok() {
    await this.page.locator('#node-dialog-ok, #node-config-dialog-ok').last().click();
    await this.page.waitForSelector('.red-ui-tray', { state: 'detached' });
  }

  dialogArea() {
    return this.page.locator('.red-ui-tray').last().boundingBox();
  }

  paletteArea() {
    return this.page.locator('.red-ui-palette-category:has([data-palette-type="ocpp-server"])').boundingBox();
  }
}

/** Runs work with an editor; all that it needs is started, and ended again. */
async function withEditor(work) {
  if (noBrowser !== undefined) return noBrowser;
  const profile = mkdtempSync(path.join(tmpdir(), 'profile-'));
  const service = await Service.start();
  const red = await NodeRed.start({ service });
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath,
    args: [...quietly, ...asRoot],
    viewport: { width: 1200, height: 760 },
  });
  try {
    const all = titles.flatMap((title) => example(title));
    await red.deploy([...new Map(all.map((node) => [node.id, node])).values()]);
    const editor = new Editor(browser.pages()[0] ?? (await browser.newPage()));
    await editor.load(red.url);
    await work(editor, { red, service });
    return undefined;
  } finally {
    await browser.close();
    await red.remove();
    await service.remove();
    rmSync(profile, { recursive: true, force: true });
  }
}

module.exports = { noBrowser, titles, withEditor };
