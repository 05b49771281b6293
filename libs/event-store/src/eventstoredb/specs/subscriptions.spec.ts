import { NO_STREAM } from '@app/kernel';
import type { EventStore } from '@app/kernel';
import { jsonEvent, streamNameFilter } from '@eventstore/db-client';
import type { EventStoreDbDouble } from '../../../../../test/support/eventstoredb/double';
import { Collector, events, ids } from '../../contract/store-under-test';
import { Head } from '../../head';
import { Bells } from '../bells';
import { trial, until } from './trial';

const { double: newDouble, store: newStore, rawClient } = trial();
const raw = (count: number) =>
  Array.from({ length: count }, () => jsonEvent({ type: 'T', data: { text: 'x'.repeat(999) } }));

/** A store that follows, another that writes, and what the first was given. */
async function followed(double: EventStoreDbDouble) {
  const [reader, writer] = [await newStore(double.connectionString), await newStore(double.connectionString)];
  const collector = new Collector();
  reader.subscribe({ after: await reader.head() }, collector.take);
  await until(() => collector.caughtUp && reader.status().live);
  return { reader, writer, collector };
}

/** Appends, and waits until the other has been given it. */
async function expectSeen(writer: EventStore, collector: Collector): Promise<void> {
  const batch = events(3);
  await writer.append('s', batch, 'any');
  await collector.until((so) => ids(so.events).includes(batch[2]?.id ?? ''));
  expect(ids(collector.events).slice(-3)).toEqual(ids(batch));
}

describe('a subscription', () => {
  it('sees what others append at once, without the look at the log', async () => {
    const double = await newDouble();
    const reader = await newStore(double.connectionString, { watchEvery: 60_000 });
    const collector = new Collector();
    reader.subscribe({ after: await reader.head() }, collector.take);
    await until(() => collector.caughtUp && reader.status().live);
    await expectSeen(await newStore(double.connectionString), collector);
  });

  it.each(['end', 'too-slow'] as const)('goes on after the server has ended it: %s', async (how) => {
    const double = await newDouble();
    const { reader, writer, collector } = await followed(double);
    double.drop(how);
    await until(() => !reader.status().live);
    await writer.append('s', events(2), NO_STREAM);
    await expectSeen(writer, collector);
    expect(collector.events.map(({ revision }) => revision)).toEqual([0, 1, 2, 3, 4]);
    await until(() => reader.status().live);
  });

  it('is ended by the server with no word to the client, whose loop then ends as if all were well', async () => {
    const double = await newDouble();
    const client = rawClient(double.connectionString);
    const subscription = client.subscribeToAll();
    subscription.once('confirmation', () => double.drop('end'));
    let count = 0;
    for await (const _event of subscription) count += 1;
    expect(count).toBe(0);
  });

  it('that stays open and dead is found out by the log, and begun anew', async () => {
    const double = await newDouble();
    const { writer, collector } = await followed(double);
    double.faults.stalled = true;
    await expectSeen(writer, collector);
    await expectSeen(writer, collector);
    double.faults.stalled = false;
    await until(() => double.subscriptions >= 2);
    await expectSeen(writer, collector);
  });

  it('goes on on a server that was started anew', async () => {
    const double = await newDouble();
    const { reader, writer, collector } = await followed(double);
    await double.stop();
    await until(() => !reader.status().live);
    await double.start();
    await expectSeen(writer, collector);
    await until(() => reader.status().live);
  });

  it.each(['greatest', 'end'] as const)('skips nothing for a wrong checkpoint: %s', async (wrong) => {
    const double = await newDouble();
    const { reader, writer, collector } = await followed(double);
    double.faults.wrongCheckpoint = wrong;
    for (let i = 0; i < 5; i += 1) await expectSeen(writer, collector);
    double.drop('end');
    await expectSeen(writer, collector);
    expect(collector.events.map(({ revision }) => revision)).toEqual(collector.events.map((_, place) => place));
    expect(collector.checkpoint).toBe(await reader.head());
  });

  it('is told wrong checkpoints by such a server', async () => {
    const double = await newDouble();
    double.faults.wrongCheckpoint = 'greatest';
    const told: bigint[] = [];
    const filter = streamNameFilter({
      prefixes: ['s'],
      checkpointReached: (_all, { commit }) => void told.push(commit),
    });
    const subscription = rawClient(double.connectionString).subscribeToAll({ filter });
    subscription.on('data', () => undefined);
    double.log.append('s', 'any', []);
    await rawClient(double.connectionString).appendToStream('s', raw(1));
    await until(() => told.length > 0);
    expect(told[0]).toBe(2n ** 64n - 1n);
    await subscription.unsubscribe();
  });

  it('that is slow to work is not dropped for it, however much is appended meanwhile', async () => {
    const double = await newDouble();
    const patient = { callTimeout: 5_000 };
    const [reader, writer] = [
      await newStore(double.connectionString, patient),
      await newStore(double.connectionString, patient),
    ];
    let seen = 0;
    reader.subscribe({ after: '', batchSize: 50 }, async (batch) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      seen += batch.events.length;
    });
    for (let i = 0; i < 5; i += 1)
      await writer.append('s', events(100, { data: { text: 'x'.repeat(1_000) } }), i * 100 - 1);
    await until(() => seen >= 500);
    expect(seen).toBe(500);
  });

  it('of a client that does not read is dropped by older servers, and falls behind on newer ones', async () => {
    for (const version of ['23.10', '24.10'] as const) {
      const double = await newDouble({ version });
      const client = rawClient(double.connectionString);
      const said: string[] = [];
      const subscription = client.subscribeToAll();
      subscription.on('error', ({ message }: Error) => said.push(message));
      subscription.on('fellBehind', () => said.push('fell behind'));
      await until(() => double.subscriptions === 1);
      for (let i = 0; i < 4 && double.subscriptions === 1; i += 1) {
        await client.appendToStream('s', raw(500), { credentials: { username: 'a', password: 'b' } });
        await new Promise((resolve) => setTimeout(resolve, 120));
      }
      // What is said last waits behind what was not read.
      subscription.on('data', () => undefined);
      await until(() => said.length > 0);
      expect(said[0]).toMatch(version === '23.10' ? /too slow/ : /fell behind/);
      await subscription.unsubscribe();
    }
  });
});

describe('the bell', () => {
  it('does not believe a place that no log has', async () => {
    const head = new Head('');
    const absurd = { commit: 2n ** 64n - 1n, prepare: 2n ** 64n - 1n };
    const bell = {
      events: (async function* () {
        yield { event: { position: absurd } as never };
      })(),
      confirmed: Promise.resolve(),
      stop: () => undefined,
    };
    const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
    const parts = {
      client: { listen: () => bell },
      prefix: '',
      head,
      look: async () => undefined,
      watchEvery: 1_000,
      log,
    };
    const bells = new Bells(parts);
    bells.start();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(head.position).toBe('');
    await bells.stop();
  });
});
