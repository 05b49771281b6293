import type { EventStore } from '@app/kernel';
import { openInMemoryStore } from '@app/event-store';
import { silentLog, silentMeter } from '@app/kernel';
import { Courier } from '../courier';
import { Delivery } from '../delivery';
import { Letters } from '../letters';
import { Memory } from '../memory';
import type { WebhookLimits } from '../settings';
import { webhookDefaults } from '../settings';
import { FakeReceiver, happen, ok, status } from './at-work';
import { FakeAlarm } from './fake-alarm';

// What one courier keeps in memory. What it tells is in telling.spec.ts.

const keptCharacters = 6_000;
const few: WebhookLimits = { ...webhookDefaults, keptCharacters, attempts: 99, retryAfter: 1_000 };
const boxes = Array.from({ length: 60 }, (_, place) => `B${place}`);
const each = 12;

function at(store: EventStore, alarm: FakeAlarm, receiver: FakeReceiver) {
  const memory = new Memory(keptCharacters);
  let noted = { position: '', behind: [] } as ConstructorParameters<typeof Courier>[1];
  const parts = {
    id: 'W',
    store,
    clock: alarm,
    alarm,
    log: silentLog,
    meter: silentMeter,
    chance: () => 1,
    limits: few,
    memory,
    letters: new Letters({ store, filter: {}, shown: (event) => event, limit: few.keptEvents }),
    delivery: new Delivery({ id: 'W', url: 'https://example.com/', secret: 's' }, receiver.send, alarm, silentMeter),
    deadLetters: { add: async () => '' },
    notes: { save: async (progress: typeof noted) => ((noted = progress), true) },
    mayDeliver: () => true,
    gone: async () => undefined,
    overtaken: () => undefined,
  };
  return { memory, begin: () => new Courier(parts, noted) };
}

async function behind(boxes: readonly string[]) {
  const alarm = new FakeAlarm();
  const store = openInMemoryStore({ clock: alarm });
  const receiver = new FakeReceiver(alarm);
  receiver.answer = () => status(500);
  for (const box of boxes) for (let n = 0; n < each; n += 1) await happen(store, box, n);
  const largest = JSON.stringify((await store.readAll({ limit: 1 })).events[0]).length + 10;
  return { alarm, store, receiver, largest, ...at(store, alarm, receiver) };
}

describe('what is kept of boxes that are behind', () => {
  it('is bounded over all of them, also after a restart, and nothing is lost by that', async () => {
    const { alarm, receiver, largest, memory, begin } = await behind(boxes);
    const most = keptCharacters + few.parallel * largest;
    let courier = begin();
    const kept = new Set<number>();
    const answering = (sent: typeof ok) => () => (kept.add(memory.taken), sent);
    receiver.answer = answering(status(500));
    courier.start();
    await alarm.pass(0);
    expect(courier.waiting).toBe(boxes.length);
    await courier.stop();

    courier = begin();
    courier.start();
    await alarm.pass(40);
    receiver.answer = answering(ok);
    receiver.got.length = 0;
    await alarm.pass(200);
    expect([courier.waiting, memory.taken]).toEqual([0, 0]);
    expect(Math.max(...kept)).toBeLessThanOrEqual(most);
    for (const box of boxes) expect(receiver.numbers(box)).toEqual(Array.from({ length: each }, (_, n) => n));
    await courier.stop();
  });

  it('is one event at most for a box whose next attempt is awaited', async () => {
    const { alarm, store, largest, memory, begin } = await behind(['A', 'B']);
    await happen(store, 'C', 0);
    const courier = begin();
    courier.start();
    await alarm.pass(0);
    for (let n = 1; n < each; n += 1) await happen(store, 'C', n);
    await alarm.pass(0);
    expect(courier.waiting).toBe(3);
    expect(memory.taken).toBeGreaterThan(largest);
    expect(memory.taken).toBeLessThanOrEqual(3 * largest);
    await courier.stop();
  });
});
