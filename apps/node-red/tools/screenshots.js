'use strict';

// Takes the pictures of the README from the running editor, in a real browser: `npm run screenshots`. Needs Chromium at CHROMIUM_PATH or
// /usr/bin/chromium, and the service built (`npm run build` in the root).

const { mkdirSync } = require('node:fs');
const path = require('node:path');
const { withEditor } = require('../test/support/editor');

const images = path.join(__dirname, '../images');
const dialogs = {
  'ocpp-service': 'ocpp0000service0',
  'ocpp-server': 'ocpp01server',
  'ocpp-response': 'ocpp01response',
  'ocpp-request': 'ocpp03request',
  'ocpp-events': 'ocpp04events',
};

async function take() {
  mkdirSync(images, { recursive: true });
  const shoot = (page, name, options) => page.screenshot({ path: path.join(images, `${name}.png`), ...options });
  const complaint = await withEditor(async (editor) => {
    const { page } = editor;
    await editor.open('accept boots');
    await shoot(page, 'flow');
    await shoot(page, 'palette', { clip: await editor.paletteArea() });
    for (const [name, id] of Object.entries(dialogs)) {
      await editor.edit(id);
      await shoot(page, name, { clip: await editor.dialogArea() });
      await editor.cancel();
    }
  });
  if (complaint !== undefined) throw new Error(complaint);
}

take().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
