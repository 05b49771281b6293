import { NO_STREAM } from '@app/kernel';
import { jsonEvent } from '@eventstore/db-client';
import { status } from '@grpc/grpc-js';
import { events, fresh, ids, stored } from '../../contract/store-under-test';
import { fate, trial } from './trial';

const { double: newDouble, store: newStore, rawClient } = trial();
const raw = () => jsonEvent({ type: 'T', data: { a: 1 } });

describe('an append', () => {
  it('is stored once, although its answer was lost, again and again', async () => {
    const double = await newDouble();
    const store = await newStore(double.connectionString);
    double.faults.loseAnswers = 3;
    const batch = events(3);
    expect(await store.append('s', batch, NO_STREAM)).toMatchObject({ outcome: 'appended', revision: 2 });
    expect(ids(await stored(store, 's'))).toEqual(ids(batch));
  });

  it('is stored once, although its answer was lost and nothing was expected of the stream', async () => {
    const double = await newDouble();
    const store = await newStore(double.connectionString);
    double.faults.loseAnswers = 2;
    const batch = events(2);
    expect(await store.append('s', batch, 'any')).toMatchObject({ outcome: 'appended', revision: 1 });
    expect(ids(await stored(store, 's'))).toEqual(ids(batch));
  });

  it('is stored once, although its answer was lost and the server has forgotten its id', async () => {
    const double = await newDouble();
    const store = await newStore(double.connectionString);
    const batch = events(2);
    await store.append('s', batch, 'any');
    double.log.forgetRecentIds();
    expect(await store.append('s', batch, 'any')).toMatchObject({ outcome: 'appended', revision: 1 });
    expect(await stored(store, 's')).toHaveLength(2);
  });

  it('is given up when nobody answers, and its outcome found out', async () => {
    const double = await newDouble();
    const store = await newStore(double.connectionString);
    double.faults.keepAnswers = 1;
    expect(await store.append('s', events(2), NO_STREAM)).toMatchObject({ outcome: 'appended', revision: 1 });
    expect(await stored(store, 's')).toHaveLength(2);
  });

  it('is no conflict if what is in its place is itself', async () => {
    const double = await newDouble();
    const store = await newStore(double.connectionString);
    await store.append('s', events(1), NO_STREAM);
    double.faults.conflictAfterLanding = 1;
    expect(await store.append('s', events(2), 0)).toMatchObject({ outcome: 'appended', revision: 2 });
    expect(await store.append('s', events(1), 0)).toEqual({ outcome: 'conflict', actualRevision: 2 });
  });

  it('is a conflict if only a part of it is in its place', async () => {
    const double = await newDouble();
    const store = await newStore(double.connectionString);
    const [first, second, third] = events(3);
    if (!first || !second || !third) throw new Error('three are made');
    await store.append('s', [first, second], NO_STREAM);
    expect(await store.append('s', [first, third], NO_STREAM)).toEqual({ outcome: 'conflict', actualRevision: 1 });
  });

  it.each(['not-ready', 'no-leader', 'busy'] as const)('waits while the cluster elects: %s', async (election) => {
    const double = await newDouble();
    const store = await newStore(double.connectionString);
    double.faults.election = election;
    setTimeout(() => delete double.faults.election, 250);
    expect(await store.append('s', events(1), NO_STREAM)).toMatchObject({ outcome: 'appended' });
  });

  it.each([status.INTERNAL, status.RESOURCE_EXHAUSTED, status.ABORTED, status.CANCELLED, status.UNAVAILABLE])(
    'is tried again after the status %i',
    async (code) => {
      const double = await newDouble();
      const store = await newStore(double.connectionString);
      double.faults.refuse = { code, times: 2 };
      expect(await store.append('s', events(1), NO_STREAM)).toMatchObject({ outcome: 'appended' });
    },
  );

  it('that waits too long is refused as unavailable', async () => {
    const double = await newDouble();
    const store = await newStore(double.connectionString, { patience: 300 });
    double.faults.election = 'not-ready';
    await expect(store.append('s', events(1), NO_STREAM)).rejects.toMatchObject({ code: 'store-unavailable' });
  });

  it('that is denied is not tried again', async () => {
    const double = await newDouble();
    const store = await newStore(double.connectionString);
    double.faults.denied = true;
    const { calls } = double;
    await expect(store.append('s', events(1), NO_STREAM)).rejects.toMatchObject({ code: 'store-denied' });
    expect(double.calls).toBeLessThan(calls + 3);
  });

  it('that is too large is refused with what to do', async () => {
    const double = await newDouble({ maxAppendSize: 10_000 });
    const store = await newStore(double.connectionString);
    const large = events(1, { data: { text: 'x'.repeat(10_000) } });
    await expect(store.append('s', large, NO_STREAM)).rejects.toMatchObject({ code: 'append-too-large' });
    expect(await store.append('s', events(1), NO_STREAM)).toMatchObject({ outcome: 'appended' });
  });

  it('to a stream that was deleted begins it anew, and to a tombstone is refused', async () => {
    const double = await newDouble();
    const store = await newStore(double.connectionString);
    await store.append('s', events(3), NO_STREAM);
    double.log.delete('s');
    expect(await store.readStream('s', { limit: 5 })).toMatchObject({ events: [], lastRevision: NO_STREAM });
    expect(await store.append('s', events(1), NO_STREAM)).toMatchObject({ outcome: 'appended', revision: 3 });
    expect(await stored(store, 's')).toMatchObject([{ revision: 3 }]);
    double.log.tombstone('s');
    await expect(store.append('s', events(1), 'any')).rejects.toMatchObject({ code: 'stream-deleted' });
    await expect(store.readStream('s', { limit: 1 })).rejects.toMatchObject({ code: 'stream-deleted' });
  });

  it('does not use the batches of the client, which never answer again once their stream has ended', async () => {
    const double = await newDouble();
    const client = rawClient(double.connectionString);
    const store = await newStore(double.connectionString);
    double.faults.endBatches = true;
    expect(await fate(client.appendToStream('raw', raw()))).toBe('pending');
    double.faults.endBatches = false;
    expect(await fate(client.appendToStream('raw', raw()))).toBe('pending');
    expect(await store.append('s', events(1), NO_STREAM)).toMatchObject({ outcome: 'appended' });
  });

  it('does not share the fate of other clients of the process, whose batches fail together', async () => {
    const [one, other] = [await newDouble(), await newDouble()];
    const [failing, waiting] = [rawClient(one.connectionString), rawClient(other.connectionString)];
    const store = await newStore(other.connectionString);
    await failing.appendToStream('raw', raw());
    other.faults.keepAnswers = 1;
    one.faults.silent = true;
    const lost = [failing.appendToStream('raw', raw()), waiting.appendToStream('raw', raw())];
    expect(await fate(Promise.any(lost), 100)).toBe('pending');
    one.faults.silent = false;
    await one.stop();
    expect((await Promise.allSettled(lost)).map((result) => result.status)).toEqual(['rejected', 'rejected']);
    expect(await store.append(fresh('s'), events(1), NO_STREAM)).toMatchObject({ outcome: 'appended' });
  });

  it('of what JSON cannot carry is refused before the client hangs on it', async () => {
    const double = await newDouble();
    const store = await newStore(double.connectionString);
    const bad = events(1, { data: { n: 1n } });
    await expect(store.append('s', bad, NO_STREAM)).rejects.toMatchObject({ code: 'event-not-json' });
  });
});
