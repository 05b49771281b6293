'use strict';

const { commandOf, defaultsOf } = require('../lib/command');
const { CommandRun } = require('../lib/command-run');
const { Kept } = require('../lib/kept');
const { apiOf, errorOf, fail, isGone, isMessage, statusOf } = require('../lib/node-kit');
const { BadInput } = require('../lib/problems');

/** Commands that may wait at once. */
const mostWaiting = 1_000;

/** Sends a command to a charge box, and passes its result on. What waits outlives deploys and restarts. */
module.exports = (RED) => {
  function OcppRequest(config) {
    RED.nodes.createNode(this, config);
    const node = this;
    const show = statusOf(node);
    const { api, missing } = apiOf(RED, config);
    const stopping = new AbortController();
    const kept = new Kept({
      userDir: RED.settings.userDir,
      nodeId: node.id,
      onError: (error) => node.error(error.message),
    });
    const onProgress = config.progress === true;
    let lastWord;

    const showWaiting = () => {
      if (kept.size > 0)
        show('blue', 'ring', `${kept.size} waiting${lastWord === undefined ? '' : `, last: ${lastWord}`}`);
      else if (lastWord !== undefined) show('green', 'dot', lastWord);
    };

    let defaults;
    try {
      defaults = { command: config.command || undefined, data: defaultsOf(config.params) };
    } catch (error) {
      node.error(error.message);
      defaults = { fault: error };
    }
    if (missing !== undefined) show('red', 'ring', missing);
    else if (defaults.fault !== undefined) show('red', 'ring', defaults.fault.message);

    const identityFor = (msg) => {
      if (!config.target) return isMessage(msg) ? msg.ocpp?.chargeBoxIdentity : undefined;
      return RED.util.evaluateNodeProperty(config.target, config.targetType || 'str', node, msg);
    };

    /** Follows a command to its end. */
    const run = async (key, entry, { send, done }) => {
      const { msg } = entry;
      const command = new CommandRun(api, entry, {
        signal: stopping.signal,
        save: () => kept.put(key, entry),
        onWaiting: (text) => show('yellow', 'ring', text),
        onReached: showWaiting,
        onChange: (row) => {
          lastWord = `${row.operation} ${row.status}`;
          showWaiting();
          if (onProgress) send([null, command.progress(RED.util.cloneMessage(msg), row)]);
        },
      });
      try {
        const row = await command.result();
        await kept.remove(key);
        send(onProgress ? [command.answer(msg, row), null] : command.answer(msg, row));
        done();
      } catch (thrown) {
        const error = errorOf(thrown);
        // A deploy interrupts; the node that follows goes on.
        if (stopping.signal.aborted) return;
        await kept.remove(key);
        if (error.row !== undefined) msg.ocpp = command.about(error.row);
        fail({ node, msg, send, done, show }, error, error.outcome);
        return;
      }
      showWaiting();
    };

    node.on('input', async (msg, send, done) => {
      try {
        if (missing !== undefined) throw new BadInput(missing);
        if (defaults.fault !== undefined) throw defaults.fault;
        const asked = commandOf(msg, { ...defaults, identity: identityFor(msg) });
        if (kept.size >= mostWaiting)
          throw new BadInput(`${mostWaiting} commands wait already. Try again when some are over.`);
        const key = RED.util.generateId() + RED.util.generateId();
        const entry = { asked, key, at: Date.now(), msg };
        await kept.put(key, entry);
        showWaiting();
        await run(key, entry, { send, done });
      } catch (error) {
        fail({ node, msg, send, done, show }, error);
      }
    });

    node.on('close', (removed, done) => {
      stopping.abort();
      (isGone(RED, node, removed) ? kept.forget() : kept.settled()).then(done, done);
    });

    if (missing !== undefined) return;
    for (const [key, entry] of kept.entries()) {
      const told = { send: (out) => node.send(out), done: (error) => error && node.error(error, entry.msg) };
      run(key, entry, told).catch((error) => node.error(error, entry.msg));
    }
    if (kept.size > 0) showWaiting();
  }
  RED.nodes.registerType('ocpp-request', OcppRequest);
};
