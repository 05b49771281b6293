import { NO_STREAM } from '@app/kernel';
import { jsonEvent } from '@eventstore/db-client';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DoubleCluster } from '../../../../../test/support/eventstoredb/cluster';
import { Link } from '../../../../../test/support/eventstoredb/link';
import { certificate, certificateKey } from '../../../../../test/support/eventstoredb/node-certificate';
import { Collector, events, ids, stored } from '../../contract/store-under-test';
import { fate, trial, until } from './trial';

const { ending, double: newDouble, store: newStore, rawClient } = trial();
const folder = mkdtempSync(join(tmpdir(), 'eventstoredb-'));
afterAll(() => rmSync(folder, { recursive: true }));
const authority = join(folder, 'ca.crt');
writeFileSync(authority, certificate);

describe('a connection', () => {
  it('that freezes makes nobody wait for ever, and serves again once it thaws', async () => {
    const double = await newDouble();
    const link = ending(await new Link(double).start());
    const store = await newStore(`esdb://127.0.0.1:${link.port}?tls=false`, { patience: 500 });
    await store.append('s', events(1), NO_STREAM);
    link.freeze();
    const refusal = { code: 'store-unavailable' };
    await expect(store.append('s', events(1), 0)).rejects.toMatchObject(refusal);
    await expect(store.readStream('s', { limit: 1 })).rejects.toMatchObject(refusal);
    await expect(store.retain('s', { maxCount: 7 })).rejects.toMatchObject(refusal);
    link.thaw();
    await until(() => store.status().live);
    expect(await store.append('s', events(1), (await store.readStream('s', { limit: 9 })).lastRevision)).toMatchObject({
      outcome: 'appended',
    });
  });

  it('that stays frozen is left for a new one', async () => {
    const double = await newDouble();
    const link = ending(await new Link(double).start());
    const store = await newStore(`esdb://127.0.0.1:${link.port}?tls=false`);
    await until(() => store.status().live);
    link.freeze();
    link.letNewOnesThrough();
    expect(await store.append('s', events(1), NO_STREAM)).toMatchObject({ outcome: 'appended', revision: 0 });
    expect(await stored(store, 's')).toHaveLength(1);
    await until(() => store.status().live);
  });

  it('that breaks loses nothing of what is subscribed to', async () => {
    const double = await newDouble();
    const link = ending(await new Link(double).start());
    const store = await newStore(`esdb://127.0.0.1:${link.port}?tls=false`);
    const collector = new Collector();
    store.subscribe({ after: '' }, collector.take);
    const batch = events(20);
    for (const [place, one] of batch.entries()) {
      if (place % 5 === 0) link.cut();
      expect(await store.append('s', [one], place - 1)).toMatchObject({ outcome: 'appended', revision: place });
    }
    await collector.until((so) => so.events.length === 20);
    expect(ids(collector.events)).toEqual(ids(batch));
  });

  it('waits for a server that is started anew', async () => {
    const double = await newDouble();
    const store = await newStore(double.connectionString);
    await double.stop();
    const appended = store.append('s', events(1), NO_STREAM);
    setTimeout(() => void double.start(), 300);
    expect(await appended).toMatchObject({ outcome: 'appended' });
  });

  it('is not opened where nobody listens', async () => {
    const double = await newDouble();
    await double.stop();
    await expect(newStore(double.connectionString, { patience: 300 })).rejects.toMatchObject({
      code: 'store-unavailable',
    });
  });

  it('is of use although the client remembers for ever that it was denied a question', async () => {
    const double = await newDouble();
    const client = rawClient(double.connectionString);
    double.faults.features = 'denied';
    const event = jsonEvent({ type: 'T', data: {} });
    await expect(client.appendToStream('raw', event)).rejects.toMatchObject({ code: 7 });
    delete double.faults.features;
    await expect(client.appendToStream('raw', event)).rejects.toMatchObject({ code: 7 });
    double.faults.features = 'denied';
    const store = await newStore(double.connectionString);
    expect(await store.append('s', events(1), NO_STREAM)).toMatchObject({ outcome: 'appended' });
    double.faults.features = 'silent';
    expect(await fate(rawClient(double.connectionString).appendToStream('raw', event))).toBe('pending');
    expect(await store.append('s', events(1), 0)).toMatchObject({ outcome: 'appended' });
  });
});

describe('a cluster', () => {
  const newCluster = async () => ending(await new DoubleCluster().start());

  it('is written to at its leader, wherever that is', async () => {
    const cluster = await newCluster();
    const store = await newStore(cluster.connectionString);
    for (const [place, node] of cluster.nodes.entries()) {
      cluster.elect(node);
      expect(await store.append('s', events(1), place - 1)).toMatchObject({ outcome: 'appended', revision: place });
      await store.head();
      expect(store.status().node).toBe(`127.0.0.1:${node.port}`);
    }
    expect(await stored(store, 's')).toHaveLength(3);
  });

  it('waits for an election, and for the death of its leader', async () => {
    const cluster = await newCluster();
    const [first, second] = cluster.nodes;
    const store = await newStore(cluster.connectionString);
    if (!first || !second) throw new Error('three are made');
    const elected = cluster.electAfter(300, second);
    expect(await store.append('s', events(1), NO_STREAM)).toMatchObject({ outcome: 'appended', revision: 0 });
    await elected;
    cluster.elect(first);
    await second.stop();
    expect(await store.append('s', events(1), 0)).toMatchObject({ outcome: 'appended', revision: 1 });
  });

  it('tells its followers from its leader: the client alone is refused', async () => {
    const cluster = await newCluster();
    const [, follower] = cluster.nodes;
    const client = rawClient(follower?.connectionString ?? '');
    const appended = client.appendToStream('s', jsonEvent({ type: 'T', data: {} }), {
      requiresLeader: true,
      credentials: { username: 'a', password: 'b' },
    });
    await expect(appended).rejects.toMatchObject({ type: 'not-leader', leader: { port: cluster.nodes[0]?.port } });
  });
});

describe('a server with TLS', () => {
  const secured = { tls: { certificate, key: certificateKey }, users: { admin: 'p:a@s/s%' } };
  const at = (port: number, password: string) =>
    `kurrentdb://admin:${encodeURIComponent(password)}@localhost:${port}?tls=true&tlsCAFile=${encodeURIComponent(authority)}`;

  it('is spoken to with the certificate of its authority, and a password with any characters', async () => {
    const double = await newDouble(secured);
    const store = await newStore(at(double.port, 'p:a@s/s%'));
    expect(await store.append('s', events(1), NO_STREAM)).toMatchObject({ outcome: 'appended' });
    expect(await stored(store, 's')).toHaveLength(1);
    await until(() => store.status().live);
  });

  it('that does not know the password is not tried again, and the password is in no error', async () => {
    const double = await newDouble(secured);
    const refusal = newStore(at(double.port, 'secret'));
    await expect(refusal).rejects.toMatchObject({ code: 'store-denied' });
    const error = (await refusal.catch((thrown: unknown) => thrown)) as Error;
    expect(`${error.stack}${JSON.stringify(error)}${JSON.stringify(error.cause)}`).not.toContain('secret');
  });

  it('of an unknown authority is not trusted', async () => {
    const double = await newDouble(secured);
    const text = at(double.port, 'p:a@s/s%').replace(/&tlsCAFile.*/, '');
    await expect(newStore(text, { patience: 300 })).rejects.toMatchObject({ code: 'store-unavailable' });
  });
});

describe('the process', () => {
  it.each(['a store that works', 'a store that waits for a server'])('ends after the end of %s', async (what) => {
    const double = await newDouble();
    const link = ending(await new Link(double).start());
    const library = join(__dirname, '../store.ts');
    const script = `
      const { EventStoreDbStore } = require(${JSON.stringify(library)});
      (async () => {
        const options = { connectionString: 'esdb://127.0.0.1:${link.port}?tls=false', callTimeout: 400, patience: 400 };
        const store = await new EventStoreDbStore(options).open();
        store.subscribe({ after: '' }, () => undefined);
        process.stdout.write('open');
        await new Promise((resolve) => process.stdin.once('data', resolve));
        store.append('s', [], 0).catch(() => undefined);
        await store.close();
        process.stdin.destroy();
      })();`;
    const child = spawn(process.execPath, ['--require', '@swc-node/register', '--eval', script]);
    await new Promise((resolve) => child.stdout.once('data', resolve));
    if (what.includes('waits')) link.freeze();
    child.stdin.write('go\n');
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0);
  });
});
