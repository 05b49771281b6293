'use strict';

const { existsSync } = require('node:fs');
const path = require('node:path');
const { noBrowser, titles, withEditor } = require('./support/editor');
const { own } = require('./support/live');
const { name } = require('../package.json');

// The palette and the dialogs, in a real browser. Cannot see: how they look; the pictures of the README show that.

if (noBrowser !== undefined) console.log(`The editor is not tested. ${noBrowser}`);
const inBrowser = noBrowser === undefined ? it : it.skip;

describe('the editor', () => {
  inBrowser(
    'opens every dialog, checks what is entered, keeps it, and offers the examples',
    async () => {
      await withEditor(async (editor, { red }) => {
        const { page } = editor;
        const value = (id) => page.evaluate((one) => $(one).val(), id);
        const choose = (command) => page.selectOption('#node-input-command', command);
        const enter = (json) => page.evaluate((text) => $('#node-input-params').typedInput('value', text), json);
        const complaint = () => page.textContent('#ocpp-request-check');

        await editor.edit('ocpp03request');
        expect(await page.locator('#node-input-command option').count()).toBe(16);
        expect(await complaint()).toBe('');
        await enter('{"idTag"');
        expect(await complaint()).not.toBe('');
        await enter('[]');
        expect(await complaint()).toMatch(/must be an object/);
        await enter('{"connectorId":1,"mood":"<img src=x onerror=alert(1)>"}');
        expect(await complaint()).toBe('Unknown: mood. Missing: idTag.');
        await enter('');
        await choose('Reset');
        expect(JSON.parse(await value('#node-input-params'))).toEqual({ type: 'Hard' });
        expect(await page.textContent('#ocpp-request-doc')).not.toBe('');
        await editor.ok();

        await editor.edit('ocpp01server');
        await page.locator('#ocpp-server-operations input[value="Authorize"]').check();
        await editor.ok();
        await editor.edit('ocpp01response');
        await page.selectOption('#node-input-outputs', '2');
        await editor.ok();
        await editor.edit('ocpp04events');
        expect(await page.locator('.ocpp-events-types').isVisible()).toBe(true);
        await page.selectOption('#node-input-feed', 'id-tags');
        expect(await page.locator('.ocpp-events-types').isVisible()).toBe(false);
        await editor.cancel();

        const kept = await page.evaluate(() =>
          ['ocpp03request', 'ocpp01server', 'ocpp01response'].map((id) => {
            const { command, params, outputs, operations, valid } = RED.nodes.node(id);
            return { command, params, outputs, operations, valid };
          }),
        );
        expect(kept).toMatchObject([
          { command: 'Reset', params: expect.stringContaining('Hard'), outputs: 2, valid: true },
          { operations: ['Authorize', 'BootNotification'], valid: true },
          { outputs: 2, valid: true },
        ]);
        const isValid = (id, entered) =>
          page.evaluate(
            ([one, fields]) => {
              const node = RED.nodes.node(one);
              const before = Object.fromEntries(Object.keys(fields).map((name) => [name, node[name]]));
              Object.assign(node, fields);
              RED.editor.validateNode(node);
              const { valid } = node;
              Object.assign(node, before);
              RED.editor.validateNode(node);
              return valid;
            },
            [id, entered],
          );
        expect(await isValid('ocpp01server', { operations: [] })).toBe(false);
        expect(await isValid('ocpp03request', { params: '{"type"' })).toBe(false);
        const serviceId = await page.evaluate(() => RED.nodes.node('ocpp01server').service);
        expect(await isValid(serviceId, { url: '127.0.0.1:3000' })).toBe(false);
        expect(await isValid(serviceId, { url: 'http://127.0.0.1:3000' })).toBe(true);

        const offered = await (await fetch(`${red.url}/library/examples/flows/${name}/`)).json();
        expect(offered.map((entry) => entry.fn ?? entry)).toEqual(expect.arrayContaining(titles));
        expect(editor.errors).toEqual([]);
      });
    },
    120_000,
  );

  it('is shown in the README by pictures that exist', () => {
    const names = ['flow', 'palette', 'ocpp-service', 'ocpp-server', 'ocpp-response', 'ocpp-request', 'ocpp-events'];
    expect(names.filter((name) => !existsSync(path.join(own, 'images', `${name}.png`)))).toEqual([]);
    expect(titles.filter((title) => !existsSync(path.join(own, 'examples', `${title}.json`)))).toEqual([]);
  });
});
