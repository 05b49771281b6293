import { idTagStream, idTagVeiling } from '@app/charge-box';
import { erase, openInMemoryStore, TextKeys, veiled } from '@app/event-store';
import type { EventStore } from '@app/kernel';
import type { WebhookLimits } from '../settings';
import { atWork, happen, made, ok, record, status } from './at-work';
import { FakeAlarm, settled } from './fake-alarm';

// What waits for a receiver when an idTag in it is erased. Cannot see: attempts that are under way, whose receivers have it already.

function erasable(limits: Partial<WebhookLimits> = {}, around: (store: EventStore) => EventStore = (store) => store) {
  const bare = openInMemoryStore({ clock: new FakeAlarm() });
  const keys = new TextKeys();
  const parts = { store: bare, keys, veiling: idTagVeiling };
  const store = veiled(bare, parts);
  const work = atWork({ store: around(store), onErased: (listener) => keys.onErased(listener), limits });
  const saved = (n: number) => record(store, idTagStream('CARD-7777'), n);
  return { ...work, store, saved, erased: () => erase(parts, 'CARD-7777', '2026-03-01T12:00:00.000Z') };
}

describe('an erased idTag', () => {
  it('is not told by what waits for its next attempt, which goes on otherwise', async () => {
    const { webhooks, receiver, alarm, saved, erased } = erasable();
    await made(webhooks);
    receiver.answer = () => status(500);
    for (const n of [1, 2]) await saved(n);
    await alarm.pass(0);
    expect(receiver.got.map(({ event }) => event.stream)).toEqual(['idTag-card-7777']);
    const { pseudonym } = await erased();
    receiver.answer = () => ok;
    await alarm.pass(5);
    const told = receiver.got.map(({ event, headers }) => [event.stream, event.data.n, headers['Webhook-Attempt']]);
    expect(told.slice(1)).toEqual([
      [`idTag-${pseudonym}`, 1, '2'],
      [`idTag-${pseudonym}`, 2, '1'],
    ]);
    expect(receiver.got[1]?.headers['Webhook-Id']).toBe(receiver.got[0]?.headers['Webhook-Id']);
    expect(webhooks.waiting).toBe(0);
  });

  it('is not told by what waits for room', async () => {
    const { webhooks, receiver, alarm, store, saved, erased } = erasable({ behind: 1, attempts: 50 });
    await made(webhooks, { active: false });
    await happen(store, 'A', 1);
    for (const n of [2, 3]) await saved(n);
    receiver.answer = () => status(500);
    for (const { id } of await webhooks.list()) await webhooks.change(id, { active: true }, { requestId: 'r' });
    await alarm.pass(1);
    expect(receiver.numbers()).toEqual([1, 1]);
    await erased();
    receiver.answer = () => ok;
    await alarm.pass(10);
    expect(receiver.numbers()).toEqual([1, 1, 1, 2, 3]);
    expect(JSON.stringify(receiver.got)).not.toContain('card-7777');
  });

  it('is not told by what was just read', async () => {
    let hold = Promise.resolve();
    const { webhooks, receiver, alarm, saved, erased } = erasable({ keptEvents: 1 }, (store) => ({
      ...store,
      readAll: async (page) => {
        const read = await store.readAll(page);
        await hold;
        return read;
      },
    }));
    await made(webhooks);
    receiver.answer = () => status(500);
    for (const n of [1, 2]) await saved(n);
    await alarm.pass(0);
    let goOn = () => undefined as void;
    hold = new Promise((resolve) => (goOn = resolve));
    receiver.answer = () => ok;
    await alarm.pass(1);
    expect(receiver.numbers()).toEqual([1, 1]);
    await erased();
    hold = Promise.resolve();
    goOn();
    await alarm.pass(1);
    expect(receiver.numbers()).toEqual([1, 1, 2]);
    expect(receiver.got[2]?.body).not.toContain('card-7777');
  });

  it('that is under way is told once, and the next event follows', async () => {
    const { webhooks, receiver, alarm, saved, erased } = erasable();
    await made(webhooks);
    let answer = () => undefined as void;
    receiver.answer = () => new Promise((resolve) => (answer = () => resolve(ok)));
    for (const n of [1, 2]) await saved(n);
    await alarm.pass(0);
    expect(receiver.numbers()).toEqual([1]);
    await erased();
    receiver.answer = () => ok;
    answer();
    await settled();
    await alarm.pass(1);
    expect(receiver.numbers()).toEqual([1, 2]);
    expect(receiver.got[1]?.body).not.toContain('card-7777');
    expect(webhooks.waiting).toBe(0);
  });
});
