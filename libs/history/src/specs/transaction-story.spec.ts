import { stateStream } from '@app/charge-box';
import { openInMemoryStore } from '@app/event-store';
import { boxOfTransaction, transactionStory } from '../transaction-story';
import type { Step } from './a-life';
import { at, dressed, idTagOf, identityOf, kinds, live } from './a-life';

const step = (kind: Step['kind'], session = 1, box = 0): Step => ({ box, kind, session });
const identity = identityOf(0);

async function storeOf(...life: readonly Step[]) {
  const store = openInMemoryStore();
  await live(store, life);
  return store;
}

const typesOf = async (store: Awaited<ReturnType<typeof storeOf>>, id = 1) =>
  (await transactionStory(store, identity, id)).events.map(({ type }) => type);

describe('the story of a transaction', () => {
  it('goes from the command that asked for it over its readings to its stop, and leaves out everything else', async () => {
    const store = await storeOf(
      step('boot'),
      step('authorize', 2),
      step('authorize'),
      step('remoteStart'),
      step('remoteStart', 2),
      step('sent'),
      step('start'),
      step('evidence'),
      step('status', 2),
      step('status'),
      step('reading'),
      step('reading', 3),
      step('heartbeat'),
      step('start', 1, 1),
      step('stop'),
      step('status'),
      step('authorize'),
    );
    const story = await transactionStory(store, identity, 1);
    expect(story.events.map(({ type }) => type)).toEqual([
      'IdTagAuthorized',
      'OperationScheduled',
      'OperationSent',
      'TransactionStarted',
      'OperationConfirmed',
      'ConnectorStatusReported',
      'MeterValuesReported',
      'TransactionStopped',
    ]);
    expect(story).toMatchObject({ status: 'stopped', energy: 500, readings: 1, orphans: [], suspicions: [] });
    expect(story.start).toMatchObject({ idTag: idTagOf(1) });
  });

  it('tells the energy so far and what is suspect while it is open', async () => {
    const story = await transactionStory(await storeOf(step('start', 3), step('reading', 3)), identity, 3);
    const energy = { energy: 100, energySource: 'meterValues' };
    expect(story).toMatchObject({ status: 'open', ...energy, suspicions: ['time-missing'] });
  });

  it('includes the request that somebody outside answered, and the reservation that it used', async () => {
    const store = openInMemoryStore();
    const now = at(0);
    const made = { callId: 'reserve', reservationId: 9, connectorId: 2, idTag: idTagOf(1), expiryDate: now, at: now };
    const reserved = {
      ...made,
      request: { reservationId: 9 },
      operation: 'ReserveNow',
      expiresAt: now,
      by: 'operator',
    };
    const events = [
      { type: 'OperationScheduled', data: reserved },
      { type: 'ReservationMade', data: made },
      { type: 'ReservationMade', data: { ...made, callId: 'other', reservationId: 8 } },
      { type: 'RequestDelegated', data: { msgId: 'asked', operation: 'StartTransaction', request: {}, at: now } },
      { type: 'TransactionStarted', data: { ...kinds.start(1, now).data, reservationId: 9 } },
      { type: 'RequestAnswered', data: { msgId: 'asked', response: { transactionId: 1 }, at: now } },
      { type: 'ReservationUsed', data: { reservationId: 9, transactionId: 1, at: now } },
    ];
    await store.append(stateStream(identity), events.map(dressed), 'any');
    expect(await typesOf(store)).toEqual([
      'OperationScheduled',
      'ReservationMade',
      'RequestDelegated',
      'TransactionStarted',
      'RequestAnswered',
      'ReservationUsed',
    ]);
  });

  it('knows that another one began on its connector, and the hand that closed it', async () => {
    const store = await storeOf(step('start'));
    const next = { ...kinds.start(5, at(1)).data, supersedes: [1] };
    await store.append(stateStream(identity), [dressed({ type: 'TransactionStarted', data: next }, 50)], 'any');
    expect(await transactionStory(store, identity, 1)).toMatchObject({
      status: 'superseded',
      suspicions: ['superseded'],
    });
    const figures = { meterStop: 1_250, stoppedAt: at(2), suspicions: [] };
    const closed = { transactionId: 1, connectorId: 2, ...figures, reason: 'lost', at: at(2) };
    await store.append(stateStream(identity), [dressed({ type: 'TransactionClosed', data: closed }, 51)], 'any');
    expect(await transactionStory(store, identity, 1)).toMatchObject({ status: 'closed', energy: 250, closed });
  });

  it('has the orphaned stop that corrected it, and its figures', async () => {
    const store = await storeOf(step('start'), step('stop'), step('orphan', 3), step('orphan', 4));
    const correction = {
      transactionId: 1,
      connectorId: 2,
      meterStop: 1_700,
      stoppedAt: at(3),
      orphanId: 'orphan34712',
      suspicions: ['meter-jump'],
      reason: 'it came twice',
      at: at(5),
    };
    const event = { type: 'TransactionCorrected', data: correction };
    await store.append(stateStream(identity), [dressed(event, 50)], 'any');
    const story = await transactionStory(store, identity, 1);
    expect(story).toMatchObject({ status: 'stopped', energy: 700, energySource: 'meterStop', corrected: correction });
    expect(story.suspicions).toContain('meter-jump');
    expect(story.events.map(({ type }) => type)).toEqual([
      'TransactionStarted',
      'TransactionStopped',
      'OrphanStopReceived',
      'TransactionCorrected',
    ]);
  });
});

describe('the box of a transaction', () => {
  it('is the one that started it, whoever else spoke of it before', async () => {
    const store = await storeOf(step('orphan', 1, 1), step('start'), step('start', 2, 2));
    expect(await boxOfTransaction(store, 1)).toBe(identityOf(0));
    expect(await boxOfTransaction(store, 2)).toBe(identityOf(2));
  });

  it('is one that spoke of it when nobody started it, else nobody', async () => {
    const store = await storeOf(step('orphan', 1, 1));
    expect(await boxOfTransaction(store, 1)).toBe(identityOf(1));
    expect((await transactionStory(store, identityOf(1), 1)).status).toBe('unknown');
    expect(await boxOfTransaction(store, 7)).toBeUndefined();
  });
});
