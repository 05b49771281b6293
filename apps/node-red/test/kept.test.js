'use strict';

const { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { Kept } = require('../lib/kept');

// What a node keeps is there after a deploy and, but for what JSON cannot hold, after a restart. Cannot see: power that fails.

let userDir;
let ids = 0;
beforeEach(() => {
  userDir = mkdtempSync(path.join(tmpdir(), 'kept-'));
});
afterEach(() => rmSync(userDir, { recursive: true, force: true }));

const errors = [];
const keep = (nodeId, dir = userDir) =>
  new Kept({ userDir: dir, nodeId, onError: ({ message }) => errors.push(message) });
const fileOf = (nodeId) => path.join(userDir, 'ocpp-central-system', `${encodeURIComponent(nodeId)}.json`);
/** What another process would find. */
const afterRestart = (nodeId) => {
  let Fresh;
  jest.isolateModules(() => ({ Kept: Fresh } = require('../lib/kept')));
  return new Fresh({ userDir, nodeId, onError: ({ message }) => errors.push(message) });
};
const fresh = () => `node-${(ids += 1)}`;

it('a deploy finds the very same messages', async () => {
  const id = fresh();
  const msg = { payload: 1, res: () => 'a response' };
  await keep(id).put('k', { msg });
  expect(keep(id).get('k').msg).toBe(msg);
});

it('a restart finds what JSON can hold of them', async () => {
  const id = fresh();
  const circle = {};
  circle.self = circle;
  await keep(id).put('k', {
    at: 7,
    msg: { payload: { a: [1] }, circle, big: 1n, res: () => 1, huge: 'x'.repeat(300_000) },
  });
  expect(afterRestart(id).entries()).toEqual([['k', { at: 7, msg: { payload: { a: [1] } } }]]);
});

it('nobody else may read them', async () => {
  const id = fresh();
  await keep(id).put('k', 1);
  expect(statSync(fileOf(id)).mode & 0o777).toBe(0o600);
});

it('what is put and removed at once is written as it is in the end', async () => {
  const kept = keep(fresh());
  const all = Array.from({ length: 50 }, (_, index) => kept.put(`k${index}`, index));
  all.push(kept.remove('k7'));
  await Promise.all(all);
  expect(afterRestart(kept.nodeId).size).toBe(49);
});

it('a node that is deleted leaves nothing', async () => {
  const kept = keep(fresh());
  await kept.put('k', 1);
  await kept.forget();
  expect(existsSync(kept.file)).toBe(false);
  expect(keep(kept.nodeId).size).toBe(0);
});

it('an id leads to no other folder', async () => {
  const kept = keep('../../etc/passwd');
  await kept.put('k', 1);
  expect(path.dirname(kept.file)).toBe(path.join(userDir, 'ocpp-central-system'));
});

it('a file that is spoilt is told and begun anew', async () => {
  const id = fresh();
  await keep(id).put('k', 1);
  writeFileSync(fileOf(id), '[["k",');
  errors.length = 0;
  const kept = afterRestart(id);
  expect(kept.size).toBe(0);
  expect(errors).toEqual([expect.stringMatching(/cannot be read and is begun anew/)]);
  await kept.put('k', 2);
  expect(JSON.parse(readFileSync(fileOf(id), 'utf8'))).toEqual([['k', 2]]);
});

it('a disk that takes nothing is told, and ends nothing', async () => {
  const place = path.join(userDir, 'a-file');
  writeFileSync(place, '');
  errors.length = 0;
  const kept = keep(fresh(), place);
  await kept.put('k', 1);
  expect(errors.length).toBeGreaterThan(0);
  expect(kept.get('k')).toBe(1);
});

it('without a user directory nothing is written', async () => {
  const kept = keep(fresh(), '');
  await kept.put('k', 1);
  expect(kept.file).toBeUndefined();
  await kept.forget();
});
