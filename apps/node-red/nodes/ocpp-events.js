'use strict';

const { follow } = require('../lib/follow');
const { Kept } = require('../lib/kept');
const { apiOf, isGone, isHindered, lossesOf, statusOf, taker } = require('../lib/node-kit');
const { feeds } = require('../resources/operations.json');

/** Milliseconds between notes of how far the flow has come, on the disk and in the status. */
const noteEvery = 1_000;

/** Follows a feed of the service, and goes on where it left off. */
module.exports = (RED) => {
  function OcppEvents(config) {
    RED.nodes.createNode(this, config);
    const node = this;
    const show = statusOf(node);
    const { api, missing } = apiOf(RED, config);
    const { wanted, fault } = wantedOf(config);
    if (isHindered(node, show, missing ?? fault)) return;

    const stopping = new AbortController();
    const { signal } = stopping;
    const kept = new Kept({
      userDir: RED.settings.userDir,
      nodeId: node.id,
      onError: (error) => node.error(error.message),
    });
    const course = courseOf(kept, api, wanted);
    let count = 0;
    let noted;
    let isOpen = false;
    const losses = lossesOf(node, show);

    const note = () => {
      if (noted === course.last) return undefined;
      noted = course.last;
      return kept.put('course', { ...course });
    };
    const tell = (topic, payload) => node.send([null, { topic, payload, feed: wanted.feed }]);
    const pass = taker(node, ({ event, id, data }) => {
      course.last = id ?? course.last;
      if (event === 'caught-up') course.skipping = false;
      if (event === 'reset') {
        course.skipping = wanted.fromNow;
        node.warn(`The service tells everything anew: ${data.reason}`);
      }
      if (event === 'caught-up' || event === 'reset') return tell(event, data);
      if (course.skipping) return undefined;
      count += 1;
      return node.send([messageOf(event, data, wanted.feed), null]);
    });
    const showCount = () => {
      if (isOpen) show('green', 'dot', count === 0 ? 'following' : `following, ${count} told`);
    };
    const onOpen = () => {
      losses.isOver();
      if (wanted.anew && count === 0 && course.last === undefined) tell('reset', { reason: 'The node has started.' });
      isOpen = true;
      showCount();
    };
    const onLost = (error, wait) => {
      isOpen = false;
      losses.tell(error, wait);
    };
    const onPlace = (id) => {
      course.last = id;
    };
    const run = async () => {
      const path = `/api/feeds/${wanted.feed}`;
      for await (const message of follow(api, path, {
        query: wanted.query,
        after: course.last,
        signal,
        onOpen,
        onLost,
        onPlace,
      })) {
        pass(message);
      }
    };

    show('yellow', 'ring', 'connecting');
    run().catch((error) => node.error(error));
    const look = () => {
      note();
      showCount();
    };
    const noting = setInterval(look, noteEvery).unref();

    node.on('close', (removed, done) => {
      clearInterval(noting);
      stopping.abort();
      const gone = isGone(RED, node, removed);
      if (!gone) note();
      (gone ? kept.forget() : kept.settled()).then(done, done);
    });
  }
  RED.nodes.registerType('ocpp-events', OcppEvents);
};

/** What the node follows, as its dialog says. */
function wantedOf({ feed, identity, types, start }) {
  if (!Object.hasOwn(feeds, feed ?? ''))
    return { fault: `"${String(feed).slice(0, 50)}" is no feed. Open the node and choose one.` };
  const filters = feeds[feed];
  const type = String(types ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const filter = {
    ...(identity && filters.includes('identity') ? { identity: String(identity) } : {}),
    ...(type.length > 0 && filters.includes('type') ? { type: type.join(',') } : {}),
  };
  return { wanted: { feed, filter, anew: start === 'anew', ...beginOf(feed, filter, start === 'now') } };
}

/** The log may be long: what is recorded already is left out by the service. Rows are left out here. */
function beginOf(feed, filter, fromNow) {
  const leavesOut = fromNow && feed !== 'events';
  return { fromNow, leavesOut, query: fromNow && !leavesOut ? { ...filter, from: 'now' } : filter };
}

/** How far the node has come; anew where something else is followed now. */
function courseOf(kept, api, { feed, filter, leavesOut, anew }) {
  const of = JSON.stringify([api.base.href, feed, filter]);
  const known = kept.get('course');
  return known?.of === of && !anew ? { ...known } : { of, last: undefined, skipping: leavesOut };
}

function messageOf(event, data, feed) {
  if (feed === 'events') {
    const { data: payload, ...about } = data;
    const identity = identityOf(about.stream);
    return {
      topic: about.type,
      payload,
      event: about,
      ...(identity === undefined ? {} : { ocpp: { chargeBoxIdentity: identity } }),
    };
  }
  const { key, row } = data;
  const { identity } = row ?? {};
  const ocpp = identity === undefined ? {} : { ocpp: { chargeBoxIdentity: identity } };
  return { topic: feed, payload: row ?? null, change: event, key, ...ocpp };
}

/** The charge box that a stream is of; bytes that need it are written as `~` and two hexadecimal digits. */
function identityOf(stream) {
  const encoded = /^chargeBox[A-Za-z]*-(.+)$/.exec(stream ?? '')?.[1];
  if (encoded === undefined) return undefined;
  try {
    return decodeURIComponent(encoded.replaceAll('~', '%'));
  } catch {
    return undefined;
  }
}
