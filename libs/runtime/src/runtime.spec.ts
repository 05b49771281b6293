import type { ChargeBoxEvent } from '@app/charge-box';
import { idTagStream, snapshotStream, stateStream, telemetryStream, transactionIdStream } from '@app/charge-box';
import { openInMemoryStore } from '@app/event-store';
import type { EventStore } from '@app/kernel';
import { codedError, hasCode, silentLog, silentMeter } from '@app/kernel';
import { noon, secondsAfterNoon } from '@app/testing';
import { AnsweringRules } from './answering-rules';
import { AuthorizationDirectory, emptySeed } from './authorization-directory';
import { ChargeBoxes } from './charge-boxes';
import { loadChargeBox } from './charge-box-history';
import { IdTags } from './id-tag.handlers';
import { Instance } from './instance';
import { RuntimeContext } from './runtime-context';
import type { RuntimeSettings } from './settings';
import { Settlements } from './settlements';
import { greatestTransactionId, TransactionIds } from './transaction-ids';

const identity = 'BOX-1';
const settings: RuntimeSettings = {
  policy: { registration: 'open', heartbeatInterval: 300, maximumPower: 400_000 },
  idTagPolicy: 'open',
  vendors: new Map(),
  cachedChargeBoxes: 2,
  maximumCandidates: 10,
  keptHeartbeats: 3,
  responseDeadline: 120,
  outbound: { concurrent: 10 },
};
const clock = { now: () => Date.parse(noon) };
const metadata = { correlationId: 'c', causationId: 'c', actor: 'charge-box', receivedAt: noon };

function worker(store: EventStore) {
  const directory = new AuthorizationDirectory(settings.idTagPolicy);
  const ids = new TransactionIds(store, () => noon, 10);
  const rules = new AnsweringRules(store, clock, settings);
  const conversation = { rules, settlements: new Settlements(), reachable: () => undefined };
  const ports = { store, clock, meter: silentMeter, log: silentLog, instance: new Instance('here') };
  const boxes = new ChargeBoxes(new RuntimeContext(ports, settings, { ids, directory, conversation }));
  const answer = (operation: 'StartTransaction' | 'MeterValues' | 'Heartbeat', request: object, name = identity) => {
    const message = { kind: 'request' as const, operation, request: request as never, origin: { at: noon } };
    return boxes.with(name, (box) => box.answer(message, metadata));
  };
  const start = (session: number, name = identity) =>
    answer(
      'StartTransaction',
      { connectorId: 1, idTag: 'CARD', timestamp: secondsAfterNoon(session), meterStart: session },
      name,
    );
  return { directory, ids, boxes, answer, start };
}

const idOf = (decision: { answer: object }) =>
  (decision.answer as { response: { transactionId: number } }).response.transactionId;
const typesIn = async (store: EventStore, stream: string) =>
  (await store.readStream(stream, { from: 0, limit: 1_000 })).events.map(({ type }) => type);

describe('a charge box at work', () => {
  it('takes the messages of one box in order, however they come', async () => {
    const store = openInMemoryStore();
    const { start } = worker(store);
    const ids = (await Promise.all(Array.from({ length: 30 }, (_, session) => start(session)))).map(idOf);
    expect(ids).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
    expect((await typesIn(store, stateStream(identity))).slice(0, 2)).toEqual([
      'RegistrationDecided',
      'TransactionStarted',
    ]);
  });

  it('answers the same when it is read back from its history', async () => {
    const store = openInMemoryStore();
    const first = idOf(await worker(store).start(1));
    const again = await worker(store).start(1);
    expect(idOf(again)).toBe(first);
    expect(again.repeated).toBe(true);
    expect((await typesIn(store, stateStream(identity))).filter((type) => type === 'TransactionStarted')).toHaveLength(
      1,
    );
  });

  it('decides again when another instance was faster, and gives no id twice', async () => {
    const store = openInMemoryStore();
    const [one, other] = [worker(store), worker(store)];
    const ids: number[] = [];
    for (let session = 0; session < 20; session += 2) {
      const pair = await Promise.all([one.start(session), other.start(session + 1)]);
      ids.push(...pair.map(idOf));
    }
    expect(new Set(ids).size).toBe(20);
    const repeated = await Promise.all([one.start(3), other.start(3)]);
    expect(new Set(repeated.map(idOf)).size).toBe(1);
    expect((await typesIn(store, stateStream(identity))).filter((type) => type === 'TransactionStarted')).toHaveLength(
      20,
    );
  });

  it('keeps meter values and heartbeats in streams of their own, and forgets old heartbeats', async () => {
    const store = openInMemoryStore();
    const { answer } = worker(store);
    for (let beat = 0; beat < 6; beat += 1) await answer('Heartbeat', {});
    await answer('MeterValues', { connectorId: 1, values: [] });
    expect(await typesIn(store, stateStream(identity))).toEqual(['RegistrationDecided']);
    expect(await typesIn(store, telemetryStream(identity))).toEqual(['MeterValuesReported']);
    expect(await typesIn(store, `chargeBoxHeartbeats-${identity}`)).toHaveLength(3);
  });

  it('is read from its snapshot, and the snapshot changes nothing', async () => {
    const store = openInMemoryStore();
    const { start, answer } = worker(store);
    for (let session = 0; session < 260; session += 1) {
      await start(session);
      if (session % 3 === 0)
        await answer('MeterValues', {
          connectorId: 1,
          values: [{ timestamp: secondsAfterNoon(session), value: [{ value: String(session) }] }],
        });
    }
    const withSnapshot = await loadChargeBox(store, identity);
    expect(await typesIn(store, snapshotStream(identity))).toEqual(['SnapshotTaken']);
    expect(withSnapshot.sinceSnapshot).toBeLessThan(260);
    const bare: EventStore = Object.assign(Object.create(store) as EventStore, {
      readStream: (stream: string, options: Parameters<EventStore['readStream']>[1]) =>
        store.readStream(stream.startsWith('chargeBoxSnapshot-') ? 'none' : stream, options),
    });
    const withoutSnapshot = await loadChargeBox(bare, identity);
    expect(withoutSnapshot.state).toEqual(withSnapshot.state);
    expect(withoutSnapshot.stateRevision).toBe(withSnapshot.stateRevision);
  });

  it('forgets what it thought when storing fails, and goes on when it works again', async () => {
    const store = openInMemoryStore();
    let broken = false;
    const flaky: EventStore = Object.assign(Object.create(store) as EventStore, {
      append: (...given: Parameters<EventStore['append']>) =>
        broken && given[0] === stateStream(identity)
          ? Promise.reject(codedError('store-full'))
          : store.append(...given),
    });
    const { start, directory } = worker(flaky);
    await start(1);
    broken = true;
    await expect(start(2)).rejects.toMatchObject({ code: 'store-full' });
    expect(directory.verdict('CARD', noon, true)).toEqual({ status: 'Accepted' });
    broken = false;
    expect(idOf(await start(2))).toBeGreaterThan(1);
    expect((await typesIn(store, stateStream(identity))).filter((type) => type === 'TransactionStarted')).toHaveLength(
      2,
    );
  });

  it('rests in a bounded memory', async () => {
    const { start, boxes } = worker(openInMemoryStore());
    for (const name of ['A', 'B', 'C', 'D']) await start(1, name);
    expect(boxes.cached).toBe(2);
    expect((await start(1, 'A')).repeated).toBe(true);
  });

  it('refuses when too much waits for it', async () => {
    const { start } = worker(openInMemoryStore());
    const outcomes = await Promise.allSettled(Array.from({ length: 300 }, (_, session) => start(session)));
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.every(({ reason }) => hasCode(reason, 'mailbox-full'))).toBe(true);
    expect((await start(1)).repeated).toBe(true);
  });
});

describe('transaction ids', () => {
  it('go on behind the blocks of earlier runs', async () => {
    const store = openInMemoryStore();
    const first = new TransactionIds(store, () => noon, 10);
    await first.ready();
    expect(first.peek()).toBe(1);
    const second = new TransactionIds(store, () => noon, 10);
    await second.ready();
    expect(second.peek()).toBe(11);
    for (let count = 0; count < 25; count += 1) {
      await first.ready();
      first.take();
    }
    expect(first.peek()).toBeGreaterThan(20);
  });

  it('end with the greatest that a charge box can hold', async () => {
    const store = openInMemoryStore();
    const data = { first: 1, last: greatestTransactionId - 1, at: noon };
    await store.append(
      transactionIdStream,
      [{ id: 'x', type: 'TransactionIdsReserved', data, metadata: { schema: 1, ...metadata } }],
      'any',
    );
    const ids = new TransactionIds(store, () => noon);
    await ids.ready();
    expect(ids.peek()).toBe(greatestTransactionId);
    ids.take();
    await expect(ids.ready()).rejects.toMatchObject({ code: 'transaction-ids-exhausted' });
  });
});

describe('the directory of idTags', () => {
  const started = (transactionId: number, supersedes: readonly number[] = []): ChargeBoxEvent => ({
    type: 'TransactionStarted',
    data: {
      supersedes,
      transactionId,
      connectorId: 1,
      idTag: 'CARD',
      timestamp: { at: noon },
      idTagInfo: { status: 'Accepted' },
      suspicions: [],
      at: noon,
    },
  });
  const saved = {
    type: 'IdTagSaved',
    data: { idTag: 'Card', blocked: false, concurrentTransactions: false, at: noon },
  } as const;

  it('knows a tag in any letter case, with its open transactions', () => {
    const directory = new AuthorizationDirectory('known');
    expect(directory.verdict('CARD', noon, true)).toEqual({ status: 'Invalid' });
    directory.apply(saved);
    expect(directory.verdict('cARD', noon, true)).toEqual({ status: 'Accepted' });
    directory.apply(started(1));
    expect(directory.verdict('CARD', noon, true)).toEqual({ status: 'ConcurrentTx' });
    expect(directory.verdict('CARD', noon, false)).toEqual({ status: 'Accepted' });
    directory.apply({
      type: 'TransactionStopped',
      data: { transactionId: 1, timestamp: { at: noon }, transactionData: [], suspicions: [], at: noon },
    });
    expect(directory.verdict('CARD', noon, true)).toEqual({ status: 'Accepted' });
    directory.apply({ type: 'IdTagRemoved', data: { idTag: 'Card', at: noon } });
    expect(directory.verdict('CARD', noon, true)).toEqual({ status: 'Invalid' });
  });

  it('does not hold a lost stop against the driver', () => {
    const directory = new AuthorizationDirectory('known');
    directory.apply(saved);
    directory.apply(started(1));
    expect(directory.verdict('CARD', noon, true, [1])).toEqual({ status: 'Accepted' });
    expect(directory.verdict('CARD', noon, true, [2])).toEqual({ status: 'ConcurrentTx' });
    directory.apply(started(2, [1]));
    directory.apply({
      type: 'TransactionStopped',
      data: { transactionId: 2, timestamp: { at: noon }, transactionData: [], suspicions: [], at: noon },
    });
    expect(directory.verdict('CARD', noon, true)).toEqual({ status: 'Accepted' });
  });

  describe('of a store that others write to', () => {
    const stoppedEvent = (transactionId: number): ChargeBoxEvent => ({
      type: 'TransactionStopped',
      data: { transactionId, timestamp: { at: noon }, transactionData: [], suspicions: [], at: noon },
    });
    const removed = { type: 'IdTagRemoved', data: { idTag: 'CARD', at: noon } } as const;
    const withTag = () => {
      const directory = new AuthorizationDirectory('known');
      directory.apply(saved);
      return { directory, status: () => directory.verdict('CARD', noon, true).status };
    };

    it('is not led back by what others did before', () => {
      const { directory, status } = withTag();
      directory.expect([stoppedEvent(1)], identity).keep('20');
      directory.apply(started(1), identity, '10');
      expect(status()).toBe('Accepted');
      directory.apply(removed, undefined, '40');
      directory.apply(saved, undefined, '30');
      expect(status()).toBe('Invalid');
      directory.apply(saved, undefined, '50');
      expect(status()).toBe('Accepted');
    });

    it('does not take for new what the log has told when the answer to its append comes', () => {
      const { directory, status } = withTag();
      const start = directory.expect([started(1)], identity);
      directory.apply(started(1), identity, '10');
      directory.apply(stoppedEvent(1), identity, '20');
      directory.told('20');
      start.keep('10');
      expect(status()).toBe('Accepted');
    });

    it('learns from the log what became of an append that nobody answered', () => {
      const { directory, status } = withTag();
      const lost = directory.expect([started(1)], identity);
      lost.undo();
      expect(status()).toBe('Accepted');
      directory.apply(started(1), identity, '10');
      expect(status()).toBe('ConcurrentTx');
      directory.expect([stoppedEvent(1)], identity).undo();
      directory.apply(stoppedEvent(1), identity, '20');
      expect(status()).toBe('Accepted');
    });

    it('keeps a start that the log told before its append was given up', () => {
      const { directory, status } = withTag();
      const lost = directory.expect([started(1)], identity);
      directory.apply(started(1), identity, '10');
      lost.undo();
      expect(status()).toBe('ConcurrentTx');
    });
  });

  it('comes back from a seed and the events after it', async () => {
    const store = openInMemoryStore();
    const before = new AuthorizationDirectory('known');
    const idTags = new IdTags(store, clock, before);
    await idTags.transact('CARD', { requestId: 'r' }, () => ({ outcome: 'done', events: [saved] }));
    const { position } = (await store.readStream(idTagStream('CARD'), { from: 0, limit: 1 })).events[0] ?? {
      position: '',
    };
    await store.append(
      stateStream(identity),
      [{ id: '1', ...started(1), metadata: { schema: 1, ...metadata } }],
      'any',
    );
    const fromNothing = new AuthorizationDirectory('known');
    await fromNothing.restore(emptySeed, store);
    const fromSeed = new AuthorizationDirectory('known');
    await fromSeed.restore({ ...emptySeed, position, idTags: [saved.data] }, store);
    for (const directory of [fromNothing, fromSeed])
      expect(directory.verdict('card', noon, true)).toEqual({ status: 'ConcurrentTx' });
  });
});
