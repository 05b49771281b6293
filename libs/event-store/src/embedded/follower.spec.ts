import { NO_STREAM } from '@app/kernel';
import { Collector, FakeClock, events, ids, stored } from '../contract/store-under-test';
import { trialFolder } from '../contract/trial-folder';
import { openEmbeddedStore } from '../index';
import type { EmbeddedStore } from '../index';

describe.each([false, true])('the embedded event store, read-only (with a thread of its own: %s)', (ownThread) => {
  const newFile = trialFolder();
  const clock = new FakeClock();
  let file: string;
  let writer: EmbeddedStore;
  let follower: EmbeddedStore;

  beforeEach(async () => {
    file = newFile();
    writer = await openEmbeddedStore({ file, clock });
    await writer.append('a', events(3), NO_STREAM);
    follower = await openEmbeddedStore({ file, clock, readOnly: true, ownThread });
  });
  afterEach(async () => {
    await follower.close();
    await writer.close();
  });

  it('reads what the writer has stored', async () => {
    expect(await stored(follower, 'a')).toEqual(await stored(writer, 'a'));
    await writer.append('b', events(2, { type: 'New' }), NO_STREAM);
    expect(await follower.readAll({ limit: 10 })).toEqual(await writer.readAll({ limit: 10 }));
    expect(await follower.readAll({ limit: 10, filter: { types: ['New'] } })).toMatchObject({ events: [{}, {}] });
    expect(await follower.head()).toBe(await writer.head());
  });

  it('follows the writer', async () => {
    const collector = new Collector();
    const subscription = follower.subscribe({ after: '' }, collector.take);
    for (let i = 0; i < 30; i += 1) await writer.append('a', events(10), 'any');
    await collector.until((so) => so.events.length === 303);
    await subscription.stop();
    expect(ids(collector.events)).toEqual(ids(await stored(writer, 'a')));
  });

  it('lets its thread do other things between the pages of a log that does not end', async () => {
    for (let i = 0; i < 10; i += 1) await writer.append('a', events(10), 'any');
    let taken = 0;
    const subscription = follower.subscribe({ after: '', batchSize: 10 }, () => void (taken += 1));
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(taken).toBeLessThan(8);
    await subscription.stop();
    expect(taken).toBeLessThan(11);
  });

  it('looks when it is woken, without waiting for its next poll', async () => {
    const never = jest.spyOn(globalThis, 'setInterval').mockImplementation(() => setTimeout(() => undefined, 0));
    const sleepy = await openEmbeddedStore({ file, clock, readOnly: true });
    never.mockRestore();
    const collector = new Collector();
    const subscription = sleepy.subscribe({ after: '' }, collector.take);
    await collector.until((so) => so.caughtUp);
    await writer.append('a', events(1), 'any');
    sleepy.wake();
    await collector.until((so) => so.events.length === 4);
    expect(collector.checkpoint).toBe(await writer.head());
    await subscription.stop();
    await sleepy.close();
  });

  it('keeps to the retention of the writer', async () => {
    await writer.retain('a', { maxAge: 60, maxCount: 2 });
    expect((await stored(follower, 'a')).map(({ revision }) => revision)).toEqual([1, 2]);
    clock.advance(61);
    expect(await follower.readAll({ limit: 10 })).toMatchObject({
      events: [],
      endOfLog: true,
      next: await writer.head(),
    });
  });

  it('writes nothing', async () => {
    await expect(follower.append('a', events(1), 'any')).rejects.toMatchObject({ code: 'store-unwritable' });
    await expect(follower.retain('a', { maxCount: 1 })).rejects.toMatchObject({ code: 'store-unwritable' });
    await expect(follower.check()).rejects.toMatchObject({ code: 'store-unwritable' });
  });

  it('holds to the bounds of the port', async () => {
    await expect(follower.readAll({ limit: 0 })).rejects.toThrow(RangeError);
    await expect(follower.readAll({ limit: 1, from: 'somewhere' })).rejects.toThrow(RangeError);
  });

  it('refuses everything once closed, and ends its subscriptions', async () => {
    const collector = new Collector();
    const subscription = follower.subscribe({ after: '' }, collector.take);
    await collector.until((so) => so.caughtUp);
    await Promise.all([follower.close(), follower.close()]);
    await expect(subscription.ended).rejects.toMatchObject({ code: 'store-closed' });
    await expect(follower.head()).rejects.toMatchObject({ code: 'store-closed' });
    await expect(follower.append('a', [], 'any')).rejects.toMatchObject({ code: 'store-closed' });
  });

  it('goes on reading when the writer has gone', async () => {
    await writer.close();
    expect(await stored(follower, 'a')).toHaveLength(3);
  });

  it('needs a file', async () => {
    const missing = newFile();
    await expect(openEmbeddedStore({ file: missing, readOnly: true })).rejects.toMatchObject({
      code: 'store-unwritable',
    });
  });
});
