import { openInMemoryStore } from '@app/event-store';
import type { EventStore } from '@app/kernel';
import { AnswerChargeBox, NoteQuirks } from '../commands';
import { eventsOf, HandClock, RuntimeAtWork } from './runtime-at-work';

// Deviations of requests that leave no event of their own. Cannot see: which requests deviate.

const identity = 'BOX';
let store: EventStore;
let clock: HandClock;
let runtime: RuntimeAtWork;
beforeEach(async () => {
  store = openInMemoryStore();
  clock = new HandClock();
  runtime = await RuntimeAtWork.start({ store, clock });
  await runtime.boot(identity);
});
afterEach(() => runtime.stop());

const origin = () => {
  const known = { from: 'http://10.0.0.5:8080/', remoteAddress: '10.0.0.5', requestId: 'r' };
  return { ...known, at: clock.at(), quirks: [{ name: 'no-action' }] };
};
const beat = () => runtime.bus.execute(new AnswerChargeBox(identity, 'Heartbeat', {}, origin()));
const noted = async () =>
  (await eventsOf(store, 'QuirksNoted')).flatMap(({ data }) => data.quirks.map(({ name, count }) => [name, count]));

it('a start whose meter cannot be read is told from another by what stood there', async () => {
  const request = { connectorId: 1, idTag: 'CARD', timestamp: clock.at() };
  const start = (text: string) => {
    const quirks = [{ name: 'unreadable-field', path: 'startTransactionRequest/meterStart', text }];
    return runtime.bus.execute(new AnswerChargeBox(identity, 'StartTransaction', request, { ...origin(), quirks }));
  };
  for (const text of ['12,5 kWh', '12,5 kWh', '13,5 kWh']) await start(text);
  const started = await eventsOf(store, 'TransactionStarted');
  expect(started.map(({ data }) => data.meterText)).toEqual(['12,5 kWh', '13,5 kWh']);
});

describe('the deviations of a box', () => {
  it('are counted over heartbeats, repetitions and refused requests, and noted once an hour', async () => {
    await beat();
    expect(await noted()).toEqual([['no-action', 1]]);
    for (let times = 0; times < 3; times += 1) {
      clock.advance(300);
      await beat();
    }

    const start = { connectorId: 1, idTag: 'CARD', timestamp: clock.at(), meterStart: 0 };
    for (let times = 0; times < 2; times += 1)
      await runtime.bus.execute(new AnswerChargeBox(identity, 'StartTransaction', start, origin()));
    await runtime.bus.execute(new NoteQuirks(identity, origin()));
    expect(await noted()).toHaveLength(1);
    clock.advance(3_000);
    await beat();
    expect(await noted()).toEqual([
      ['no-action', 1],
      // Three heartbeats, one repetition, one refusal and the last heartbeat; the start tells its own.
      ['no-action', 6],
    ]);
  });

  it('are noted of no stranger', async () => {
    await runtime.bus.execute(new NoteQuirks('STRANGER', origin()));
    expect(await noted()).toEqual([]);
  });
});
