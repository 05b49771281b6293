import { webhookLeaseStream, webhookStream } from '@app/charge-box';
import { openInMemoryStore } from '@app/event-store';
import type { EventStore } from '@app/kernel';
import { ProgressNotes } from '../progress';
import { SecretSeal } from '../secrets';
import type { Webhooks } from '../webhooks';
import type { AtWork } from './at-work';
import { atWork, happen, made, ok, origin, status } from './at-work';
import { FakeAlarm } from './fake-alarm';

// Restarts, kills, several instances, replays, and histories that were moved.

const idsOf = ({ receiver }: AtWork) => receiver.got.map(({ headers }) => headers['Webhook-Id']);

describe('after a restart', () => {
  it('a webhook goes on where it was, without telling anything twice', async () => {
    const work = atWork();
    await made(work.webhooks);
    await happen(work.store, 'A', 1);
    await work.alarm.pass(0);
    await work.webhooks.stop();
    await happen(work.store, 'A', 2);
    await work.another().start();
    await work.alarm.pass(0);
    expect(work.receiver.numbers()).toEqual([1, 2]);
  });

  it('boxes that were behind are told what they missed, and attempts are counted on', async () => {
    const work = atWork({ limits: { keptEvents: 1 } });
    const id = await made(work.webhooks);
    work.receiver.answer = ({ event }) => (event.stream === 'chargeBox-A' ? status(500) : ok);
    for (const n of [1, 2, 3]) for (const identity of ['A', 'B']) await happen(work.store, identity, n);
    await work.alarm.pass(1.5);
    await work.webhooks.stop();
    work.receiver.got.length = 0;
    const next = work.another();
    await next.start();
    await work.alarm.pass(0);
    expect(await next.deadLetters(id)).toMatchObject([{ attempts: 3 }]);
    work.receiver.answer = () => ok;
    await work.alarm.pass(5);
    expect([work.receiver.numbers('A'), work.receiver.numbers('B')]).toEqual([[1, 2, 2, 3], []]);
  });
});

describe('a stop', () => {
  it('gives nothing up because it cut an attempt off', async () => {
    const work = atWork({ limits: { attempts: 1 } });
    let cut = () => undefined as void;
    const stopping = work.another({ close: () => cut() });
    const id = await made(stopping);
    work.receiver.answer = () =>
      new Promise(
        (resolve) => (cut = () => resolve({ kind: 'failed', reason: 'no-answer', detail: 'It was cut off.' })),
      );
    await happen(work.store, 'A', 1);
    await work.alarm.pass(0);
    const stopped = stopping.stop();
    await work.alarm.pass(3);
    await stopped;
    expect(await stopping.deadLetters(id)).toEqual([]);
    work.receiver.answer = () => ok;
    await work.another().start();
    await work.alarm.pass(0);
    expect(work.receiver.numbers()).toEqual([1, 1]);
  });
});

describe('after a kill', () => {
  it('nothing is lost, and what is told twice has the same id', async () => {
    const work = atWork();
    const killed = work.another({ alarm: new FakeAlarm() });
    await made(killed);
    for (const n of [1, 2]) await happen(work.store, 'A', n);
    await work.alarm.pass(0);
    expect(work.receiver.numbers()).toEqual([1, 2]);
    // Its notes wait for a time that never passes, and its attempts for answers that never come.
    work.receiver.answer = () => new Promise(() => undefined);
    await happen(work.store, 'A', 3);
    await work.alarm.pass(0);
    work.receiver.answer = () => ok;
    await work.another().start();
    await work.alarm.pass(0);
    expect(work.receiver.numbers()).toEqual([1, 2, 3, 1, 2, 3]);
    expect(idsOf(work).slice(3)).toEqual(idsOf(work).slice(0, 3));
  });

  it('no more is told twice than since the last note', async () => {
    const work = atWork();
    const alarm = new FakeAlarm();
    const killed = work.another({ alarm });
    await made(killed);
    await happen(work.store, 'A', 1);
    await alarm.pass(1);
    await happen(work.store, 'A', 2);
    await work.alarm.pass(0);
    await work.another().start();
    await work.alarm.pass(0);
    expect(work.receiver.numbers()).toEqual([1, 2, 2]);
  });
});

describe('a replay', () => {
  it('tells everything after a position again, with the same ids, then what is new', async () => {
    const work = atWork();
    const id = await made(work.webhooks);
    const first = await happen(work.store, 'A', 1);
    for (const n of [2, 3]) await happen(work.store, 'A', n);
    await work.alarm.pass(5);
    expect(await work.webhooks.replay(id, first, origin)).toMatchObject({ outcome: 'done' });
    await happen(work.store, 'A', 4);
    await work.alarm.pass(5);
    expect(work.receiver.numbers()).toEqual([1, 2, 3, 2, 3, 4]);
    expect(idsOf(work).slice(3, 5)).toEqual(idsOf(work).slice(1, 3));
  });

  it('gives up what waits, which comes as part of it', async () => {
    const work = atWork({ limits: { attempts: 50 } });
    const id = await made(work.webhooks, { from: 'beginning' });
    work.receiver.answer = () => status(500);
    for (const n of [1, 2]) await happen(work.store, 'A', n);
    await work.alarm.pass(0);
    work.receiver.answer = () => ok;
    await work.webhooks.replay(id, 'now', origin);
    await happen(work.store, 'A', 3);
    await work.alarm.pass(100);
    expect(work.receiver.numbers()).toEqual([1, 3]);
  });

  it('is refused beyond the end of the log, and for webhooks that there are not', async () => {
    const { webhooks } = atWork();
    const id = await made(webhooks);
    expect(await webhooks.replay(id, '9999999999999999', origin)).toMatchObject({ outcome: 'invalid', path: 'from' });
    expect(await webhooks.replay('nobody', 'now', origin)).toEqual({ outcome: 'unknown' });
  });
});

describe('of several instances on one store', () => {
  it('one delivers, and the other goes on when it stops', async () => {
    const work = atWork({ shared: true });
    const other = work.another({}, 'B/1');
    await work.webhooks.start();
    await other.start();
    await made(other);
    await work.alarm.pass(1);
    await happen(work.store, 'A', 1);
    await work.alarm.pass(60);
    expect(work.receiver.numbers()).toEqual([1]);
    await work.webhooks.stop();
    await happen(work.store, 'A', 2);
    await work.alarm.pass(10);
    expect(work.receiver.numbers()).toEqual([1, 2]);
    await other.stop();
  });

  it('another one takes over when it dies, after the time of its lease and no earlier', async () => {
    const work = atWork({ shared: true });
    const alarm = new FakeAlarm();
    const dying = work.another({ alarm }, 'A/1');
    await dying.start();
    await made(dying);
    await alarm.pass(1);
    const other = work.another({}, 'B/1');
    await other.start();
    await work.alarm.pass(1);
    work.receiver.answer = () => new Promise(() => undefined);
    await happen(work.store, 'A', 1);
    await work.alarm.pass(25);
    expect(work.receiver.numbers()).toEqual([1]);
    work.receiver.answer = () => ok;
    await work.alarm.pass(15);
    expect(work.receiver.numbers()).toEqual([1, 1]);
    await other.stop();
  });

  it('the same one after a restart need not wait', async () => {
    const work = atWork({ shared: true });
    const dying = work.another({ alarm: new FakeAlarm() }, 'A/1');
    await dying.start();
    await made(dying);
    await work.alarm.pass(0);
    const next = work.another({}, 'A/2');
    await next.start();
    await work.alarm.pass(0);
    expect((await work.store.readStream(webhookLeaseStream, { direction: 'backward', limit: 1 })).events).toMatchObject(
      [{ data: { holder: 'A/2' } }],
    );
    await next.stop();
  });

  it('one that did not hear that another took over goes on where that one was', async () => {
    const work = atWork();
    const id = await made(work.webhooks);
    await happen(work.store, 'A', 1);
    await work.alarm.pass(5);
    const [saved] = (await work.store.readStream(webhookStream, { limit: 1 })).events;
    await new ProgressNotes(work.store, work.alarm, id, saved ?? { revision: 0, position: '' }).begin('');
    await happen(work.store, 'A', 2);
    await work.alarm.pass(5);
    expect(work.receiver.numbers()).toEqual([1, 2, 1, 2]);
  });

  it('any takes changes, replays and wishes for dead letters', async () => {
    const work = atWork({ shared: true });
    const other = work.another({}, 'B/1');
    await work.webhooks.start();
    const id = await made(work.webhooks);
    await work.alarm.pass(1);
    await other.start();
    work.receiver.answer = () => status(400);
    await happen(work.store, 'A', 1);
    await work.alarm.pass(1);
    work.receiver.answer = () => ok;
    await other.retry(id, undefined, origin);
    await work.alarm.pass(1);
    expect(work.receiver.numbers()).toEqual([1, 1]);
    await other.replay(id, 'beginning', origin);
    await work.alarm.pass(10);
    expect(work.receiver.numbers()).toEqual([1, 1, 1]);
    await other.change(id, { url: 'https://example.com/other' }, origin);
    await happen(work.store, 'A', 2);
    await work.alarm.pass(10);
    expect(work.receiver.got.at(-1)?.url).toBe('https://example.com/other');
    await Promise.all([other.stop(), work.webhooks.stop()]);
  });
});

describe('a history that was moved', () => {
  async function moved(from: EventStore, into: EventStore): Promise<void> {
    await happen(into, 'X', 0);
    for (const { stream, id, type, data, metadata } of (await from.readAll({ limit: 1_000 })).events)
      await into.append(stream, [{ id, type, data, metadata }], 'any');
  }

  it('is told to nobody until somebody says from where', async () => {
    const work = atWork();
    const id = await made(work.webhooks);
    await happen(work.store, 'A', 1);
    await work.alarm.pass(5);
    await work.webhooks.stop();
    const store = openInMemoryStore();
    await moved(work.store, store);
    const there = work.another({ store });
    await there.start();
    await happen(store, 'A', 2);
    await work.alarm.pass(20);
    expect(work.receiver.numbers()).toEqual([1]);
    expect(there.faults).toEqual([expect.stringContaining('The history was moved here')]);
    expect(await there.find(id)).toMatchObject({ fault: expect.stringContaining('moved') as string, behind: [] });
    await there.replay(id, 'now', origin);
    await happen(store, 'A', 3);
    await work.alarm.pass(5);
    expect(work.receiver.numbers()).toEqual([1, 3]);
    expect(there.faults).toEqual([]);
  });

  it('is told to nobody where the key of its secrets is another one', async () => {
    const work = atWork();
    const id = await made(work.webhooks);
    await work.webhooks.stop();
    const there = work.another({ seal: new SecretSeal('another key') });
    await there.start();
    await happen(work.store, 'A', 1);
    await work.alarm.pass(20);
    expect(work.receiver.got).toEqual([]);
    expect(there.faults).toEqual([expect.stringContaining('CHAIN_KEY')]);
    await there.change(id, { secret: 'a secret that is known here' }, origin);
    await work.alarm.pass(5);
    expect([work.receiver.numbers(), there.faults]).toEqual([[1], []]);
  });
});

describe('what a webhook is not told for', () => {
  const foreign = { seal: new SecretSeal('another key') };

  it.each<[string, (there: Webhooks, id: string) => Promise<unknown>]>([
    ['is switched off', (there, id) => there.change(id, { active: false }, origin)],
    ['is removed', (there, id) => there.remove(id, origin)],
  ])('is over when it %s', async (_what, does) => {
    const work = atWork();
    const id = await made(work.webhooks);
    await work.webhooks.stop();
    const there = work.another(foreign);
    await there.start();
    await work.alarm.pass(1);
    expect(there.faults).toHaveLength(1);
    await does(there, id);
    await work.alarm.pass(1);
    expect(there.faults).toEqual([]);
    await there.stop();
  });

  it('is over when another instance tells it', async () => {
    const work = atWork({ shared: true });
    const alarm = new FakeAlarm();
    const faulty = work.another({ ...foreign, alarm }, 'B/1');
    await work.webhooks.start();
    await made(work.webhooks);
    await work.webhooks.stop();
    await faulty.start();
    await alarm.pass(1);
    expect(faulty.faults).toHaveLength(1);
    // For the others it is dead meanwhile.
    const other = work.another();
    await other.start();
    await work.alarm.pass(60);
    await happen(work.store, 'A', 1);
    await work.alarm.pass(1);
    expect(work.receiver.numbers()).toEqual([1]);
    await alarm.pass(20);
    expect(faulty.faults).toEqual([]);
    await Promise.all([other.stop(), faulty.stop()]);
  });
});
