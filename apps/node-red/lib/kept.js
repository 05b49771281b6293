'use strict';

const { mkdirSync, readFileSync, rmSync } = require('node:fs');
const { open, rename } = require('node:fs/promises');
const path = require('node:path');

/** Characters of one property of a message that are kept. */
const largestProperty = 262_144;

/** What each node keeps, by its id: it outlives the node over a deploy, the file outlives the process. */
const shelves = new Map();

/** Values by key that a node keeps over deploys and, where Node-RED has a user directory, over restarts. */
class Kept {
  constructor({ userDir, nodeId, onError }) {
    this.nodeId = nodeId;
    this.onError = onError;
    this.file = userDir ? path.join(userDir, 'ocpp-central-system', `${encodeURIComponent(nodeId)}.json`) : undefined;
    if (!shelves.has(this.shelf)) shelves.set(this.shelf, this.load());
    this.values = shelves.get(this.shelf);
  }

  /** Two runtimes of one process (as in tests) must not share. */
  get shelf() {
    return this.file ?? this.nodeId;
  }

  get size() {
    return this.values.size;
  }

  get(key) {
    return this.values.get(key);
  }

  entries() {
    return [...this.values.entries()];
  }

  /** Resolves once it is on the disk. */
  put(key, value) {
    this.values.set(key, value);
    return this.save();
  }

  remove(key) {
    if (!this.values.delete(key)) return Promise.resolve();
    return this.save();
  }

  /** Resolves once nothing is being written any more. */
  async settled() {
    await this.next;
    await this.writing;
  }

  /** The node is gone for good. */
  async forget() {
    this.values.clear();
    shelves.delete(this.shelf);
    await this.settled();
    if (this.file !== undefined) rmSync(this.file, { force: true });
  }

  /** One writer; whoever asks while it writes is served by the next round, all at once. */
  save() {
    if (this.file === undefined) return Promise.resolve();
    this.next ??= (this.writing ?? Promise.resolve()).then(() => {
      this.writing = this.next;
      this.next = undefined;
      return this.write().catch((error) => this.onError(error));
    });
    return this.next;
  }

  async write() {
    mkdirSync(path.dirname(this.file), { recursive: true, mode: 0o700 });
    const text = JSON.stringify([...this.values].map(([key, value]) => [key, plain(value)]));
    const fresh = `${this.file}.new`;
    const handle = await open(fresh, 'w', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(fresh, this.file);
  }

  load() {
    if (this.file === undefined) return new Map();
    let text;
    try {
      text = readFileSync(this.file, 'utf8');
    } catch (error) {
      if (error.code !== 'ENOENT') this.onError(error);
      return new Map();
    }
    try {
      return new Map(JSON.parse(text));
    } catch {
      this.onError(new Error(`${this.file} cannot be read and is begun anew; what it kept is lost.`));
      return new Map();
    }
  }
}

/** What JSON can hold of a value: of a message, property by property. */
function plain(value) {
  if (value === null || typeof value !== 'object' || !('msg' in value)) return value;
  const kept = Object.entries(value.msg).filter(([, property]) => isKeepable(property));
  return { ...value, msg: Object.fromEntries(kept) };
}

function isKeepable(property) {
  try {
    const text = JSON.stringify(property);
    return text !== undefined && text.length <= largestProperty;
  } catch {
    return false;
  }
}

module.exports = { Kept };
