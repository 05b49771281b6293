import 'reflect-metadata';
import { webhookLeaseStream } from '@app/charge-box';
import { ChainCheck, chainKey, openEmbeddedStore, openInMemoryStore, sealStream } from '@app/event-store';
import { silentLog, systemClock } from '@app/kernel';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chainedHistory } from './chain';
import type { Configuration } from './configuration';
import { readConfiguration } from './configuration';
import { startService } from './service';

// The service chains what it stores, and seals it at the end. Cannot see: what the check finds, which has specs of its own.

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chain-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function configured(environment: Readonly<Record<string, string>>): Configuration {
  const ports = { SOAP_PORT: '0', SOAP_HOST: '127.0.0.1', API_PORT: '0', CHARGE_BOX_REGISTRATION: 'open' };
  const configuration = readConfiguration({
    DATA_DIR: folder,
    API_KEY: 'a-key-for-tests-only',
    ...ports,
    ...environment,
  });
  if ('faults' in configuration) throw new Error(configuration.faults.join('\n'));
  return configuration;
}

async function checked(key: string) {
  const store = await openEmbeddedStore({ file: join(folder, 'events.db') });
  const check = new ChainCheck([chainKey(key)], (await store.readStream(sealStream, { limit: 1_000 })).events);
  for (const event of (await store.readAll({ limit: 10_000 })).events) check.take(event);
  await store.close();
  return check.end();
}

async function run(environment: Readonly<Record<string, string>>, body: string): Promise<void> {
  const service = await startService(configured(environment), silentLog);
  const headers = '<cs:chargeBoxIdentity>BOX</cs:chargeBoxIdentity>';
  const text =
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:cs="urn://Ocpp/Cs/2012/06/">' +
    `<s:Header>${headers}</s:Header><s:Body>${body}</s:Body></s:Envelope>`;
  const type = { 'Content-Type': 'application/soap+xml; charset=utf-8' };
  const answer = await fetch(`http://127.0.0.1:${service.soapPort}/ocpp`, {
    method: 'POST',
    headers: type,
    body: text,
  });
  expect(answer.status).toBe(200);
  await service.stop();
}

const boot =
  '<cs:bootNotificationRequest><cs:chargePointVendor>Acme</cs:chargePointVendor><cs:chargePointModel>Duo</cs:chargePointModel></cs:bootNotificationRequest>';
const heartbeat = '<cs:heartbeatRequest/>';

describe('a service on the embedded store', () => {
  it('has a key of its own, and its history holds over runs', async () => {
    await run({}, boot);
    const key = readFileSync(join(folder, 'chain-key'), 'utf8').trim();
    expect(statSync(join(folder, 'chain-key')).mode & 0o777).toBe(0o600);
    const first = await checked(key);
    expect(first).toMatchObject({ found: 0, unlinked: 0, seals: 1, events: first.vouched });
    await run({}, heartbeat);
    await run({}, boot);
    const all = await checked(key);
    expect(all).toMatchObject({ found: 0, unlinked: 0, events: all.vouched });
    expect(all.seals).toBeGreaterThan(1);
  });

  it('takes the key that it is given, and leaves none in its folder', async () => {
    const CHAIN_KEY = 'a key that is kept somewhere else entirely';
    await run({ CHAIN_KEY }, boot);
    expect(await checked(CHAIN_KEY)).toMatchObject({ found: 0, unlinked: 0 });
    expect(await checked('another key')).toMatchObject({ vouched: 0 });
    expect(() => statSync(join(folder, 'chain-key'))).toThrow('ENOENT');
  });

  it('does not start with a key that is none', async () => {
    writeFileSync(join(folder, 'chain-key'), 'short\n');
    await expect(startService(configured({}), silentLog)).rejects.toMatchObject({
      code: 'data-dir-unusable',
      message: expect.stringContaining('holds no key') as string,
    });
  });
});

describe('a history on a store of several instances', () => {
  const chainOf = (environment: Readonly<Record<string, string>>) => {
    const store = openInMemoryStore({ shared: true });
    const configuration = configured({ EVENT_STORE: 'esdb://127.0.0.1:2113?tls=false', ...environment });
    return { store, chained: chainedHistory(store, { configuration, log: silentLog, clock: systemClock }).store };
  };

  it('holds where streams have forgotten what was appended behind what was read', async () => {
    const CHAIN_KEY = 'a key that all instances are given';
    const { chained } = chainOf({ CHAIN_KEY });
    await chained.retain(webhookLeaseStream, { maxCount: 1 });
    const metadata = { schema: 1, correlationId: 'c', causationId: 'c', actor: 'system', receivedAt: '' };
    for (let revision = -1; revision < 3; revision += 1)
      await chained.append(
        webhookLeaseStream,
        [{ id: `e-${revision}`, type: 'Happened', data: {}, metadata }],
        revision,
      );
    const check = new ChainCheck([chainKey(CHAIN_KEY)], []);
    for (const event of (await chained.readAll({ limit: 100 })).events) check.take(event);
    expect(check.end()).toMatchObject({ found: 0, events: 1, vouched: 1 });
  });

  it('has links only by a key that they share', () => {
    const without = chainOf({});
    expect(without.chained).toBe(without.store);
    const shared = chainOf({ CHAIN_KEY: 'a key that all instances are given' });
    expect(shared.chained).not.toBe(shared.store);
    expect(shared.chained.shared).toBe(true);
  });
});
