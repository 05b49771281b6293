import type { ChargeBoxEvent, OperatorMessage } from '@app/charge-box';
import { limits, stateStream } from '@app/charge-box';
import { openInMemoryStore } from '@app/event-store';
import type { EventStore } from '@app/kernel';
import { TellChargeBox } from '../commands';
import { HandClock, origin, RuntimeAtWork } from './runtime-at-work';

// Protects: what an operator settles is decided on the whole past of a box, not only on what its state remembers.

const box = 'BOX-1';
const clock = new HandClock();
let store: EventStore;
let runtime: RuntimeAtWork;

beforeEach(async () => {
  store = openInMemoryStore();
  runtime = await RuntimeAtWork.start({ store, clock });
  await runtime.boot(box);
});
afterEach(() => runtime.stop());

type Closing = Omit<Extract<OperatorMessage, { kind: 'close-transaction' }>, 'kind' | 'reason' | 'at'>;

const tell = (message: OperatorMessage) => runtime.bus.execute(new TellChargeBox(box, message, origin));
const close = (closing: Closing) => tell({ kind: 'close-transaction', ...closing, reason: 'x', at: clock.at() });
const dismiss = (orphanId: string) => tell({ kind: 'dismiss-orphan', orphanId, reason: 'x', at: clock.at() });

async function start(meterStart: number): Promise<number> {
  const request = { connectorId: 1, idTag: 'CARD', timestamp: clock.at(), meterStart };
  const answer = await runtime.ask(box, 'StartTransaction', request);
  if (!('response' in answer) || !('transactionId' in answer.response)) throw new Error('No id was given.');
  return answer.response.transactionId;
}

const stop = (transactionId: number) =>
  runtime.ask(box, 'StopTransaction', { transactionId, timestamp: clock.at(), meterStop: 5_000 });

async function eventsOf<Type extends ChargeBoxEvent['type']>(type: Type) {
  const { events } = await store.readStream(stateStream(box), { limit: 5_000 });
  return events.filter((event) => event.type === type).map(({ data }) => data);
}

/** Orphaned stops of a former system, as many as make the state forget those before. */
async function forgetOrphans(): Promise<void> {
  for (let place = 0; place < limits.orphans; place += 1) await stop(100_000 + place);
}
const firstOrphan = async () => ((await eventsOf('OrphanStopReceived'))[0] as { orphanId: string }).orphanId;

describe('an orphaned stop that the state has forgotten', () => {
  it('is bound all the same, once, also when its box brought it again meanwhile', async () => {
    const [one, other] = [await start(1_000), await start(2_000)];
    await stop(99_999);
    await forgetOrphans();
    const orphanId = await firstOrphan();
    expect(await close({ transactionId: one, orphanId })).toMatchObject({ outcome: 'done' });
    expect(await eventsOf('TransactionClosed')).toMatchObject([{ transactionId: one, meterStop: 5_000, orphanId }]);

    const refusal = { outcome: 'refused', reason: `The orphaned stop is bound to transaction ${one} already.` };
    expect(await close({ transactionId: other, orphanId })).toEqual(refusal);
    await stop(99_999);
    expect(await close({ transactionId: other, orphanId })).toEqual(refusal);
    expect(await dismiss(orphanId)).toEqual(refusal);
    expect(await eventsOf('TransactionClosed')).toHaveLength(1);
  }, 30_000);

  it('is dismissed all the same', async () => {
    await stop(99_999);
    await forgetOrphans();
    const orphanId = await firstOrphan();
    expect(await dismiss(orphanId)).toMatchObject({ outcome: 'done' });
    expect(await eventsOf('OrphanDismissed')).toMatchObject([{ orphanId, transactionId: 99_999 }]);
  }, 30_000);
});

it('a transaction that the state has forgotten is corrected all the same', async () => {
  const first = await start(1_000);
  await close({ transactionId: first, meterStop: 1_100 });
  for (let place = 0; place <= limits.ended; place += 1) await stop(await start(10_000 + place));
  await stop(first);
  const orphanId = await firstOrphan();
  expect(await close({ transactionId: first, orphanId })).toMatchObject({ outcome: 'done' });
  expect(await eventsOf('TransactionCorrected')).toMatchObject([{ transactionId: first, meterStop: 5_000, orphanId }]);
}, 30_000);

it('what never was is refused', async () => {
  const transactionId = await start(1_000);
  expect(await close({ transactionId, orphanId: 'none' })).toMatchObject({
    outcome: 'refused',
    reason: 'There is no such orphaned stop of this charge box.',
  });
  expect(await close({ transactionId: transactionId + 1 })).toMatchObject({
    outcome: 'refused',
    reason: 'This charge box has not started a transaction of this id.',
  });
});
