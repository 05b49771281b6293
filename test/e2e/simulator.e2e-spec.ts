import { spawnSync } from 'node:child_process';
import type { IncomingHttpHeaders } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gunzipSync, inflateSync } from 'node:zlib';
import type { SimulatedFaults } from '../../apps/charge-box-simulator/src';
import { runFleet, SimulatedChargeBox } from '../../apps/charge-box-simulator/src';

// The simulator does what it is told, the same again for the same seed, and its faults are seen on the wire. Cannot see: real boxes.

interface Seen {
  readonly headers: IncomingHttpHeaders;
  readonly raw: Buffer;
  readonly text: string;
}

let seen: Seen[] = [];
let url: string;
let close: () => Promise<void>;

/** A central system of few words: accepts everything. */
beforeAll(async () => {
  const responses: Readonly<Record<string, string>> = {
    bootNotification:
      '<status>Accepted</status><currentTime>2026-03-01T12:00:00Z</currentTime><heartbeatInterval>300</heartbeatInterval>',
    authorize: '<idTagInfo><status>Accepted</status></idTagInfo>',
    startTransaction: '<transactionId>7</transactionId><idTagInfo><status>Accepted</status></idTagInfo>',
    heartbeat: '<currentTime>2026-03-01T12:00:00Z</currentTime>',
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const raw = Buffer.concat(chunks);
      const coding = request.headers['content-encoding'];
      const text = (coding === 'gzip' ? gunzipSync(raw) : coding === 'deflate' ? inflateSync(raw) : raw).toString();
      seen.push({ headers: request.headers, raw, text });
      const name = /<(?:\w+:)?(\w+)Request/.exec(text)?.[1] ?? '';
      response.end(
        `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><${name}Response xmlns="urn://Ocpp/Cs/2012/06/">${responses[name] ?? ''}</${name}Response></s:Body></s:Envelope>`,
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ocpp`;
  close = () => new Promise((resolve) => (server.close(() => resolve()), server.closeAllConnections()));
});
afterAll(() => close());
beforeEach(() => {
  seen = [];
});

const now = () => Date.parse('2026-03-01T12:00:00.000Z');
const boot = { chargePointVendor: 'Acme', chargePointModel: 'Duo' };

async function messagesWith(faults: SimulatedFaults): Promise<readonly Seen[]> {
  const box = new SimulatedChargeBox({ identity: 'FAULTY', url, seed: 1, faults, now });
  await box.call('BootNotification', boot);
  box.close();
  return seen;
}

describe('a simulated fleet', () => {
  const texts = async (seed: number) => {
    seen = [];
    await runFleet({
      url,
      boxes: 1,
      sessions: 3,
      seed,
      faults: { duplicate: 0.5, missingHeaders: 0.5, reorderedFields: 0.5 },
    });
    return seen.map(({ text }) => text.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'time'));
  };

  it('does the same for the same seed, and something else for another', async () => {
    const first = await texts(5);
    expect(first.length).toBeGreaterThan(15);
    // Two that are sent at the same time may arrive in any order.
    expect((await texts(5)).sort()).toEqual([...first].sort());
    expect((await texts(6)).sort()).not.toEqual([...first].sort());
  });
});

describe('a fault', () => {
  it('is there only when it is asked for', async () => {
    const [message, ...more] = await messagesWith({});
    expect(more).toEqual([]);
    expect(message?.text).toMatch(/MessageID.*chargePointVendor.*chargePointModel/s);
    expect(message?.headers['content-encoding']).toBeUndefined();
  });

  it.each([
    ['lostAnswer', 2],
    ['duplicate', 2],
  ])('%s sends the same bytes again', async (fault, times) => {
    const messages = await messagesWith({ [fault]: 1 });
    expect(messages).toHaveLength(times);
    expect(new Set(messages.map(({ text }) => text)).size).toBe(1);
  });

  it.each(['gzip', 'deflate'])('%s compresses', async (fault) => {
    const [message] = await messagesWith({ [fault]: 1 });
    expect(message?.headers['content-encoding']).toBe(fault);
    expect(message?.raw.toString()).not.toContain('Envelope');
    expect(message?.text).toContain('bootNotificationRequest');
  });

  it('missingHeaders leaves out what boxes leave out', async () => {
    const [message] = await messagesWith({ missingHeaders: 1 });
    expect(message?.text).not.toMatch(/MessageID|Action|From/);
    expect(message?.text).toContain('chargeBoxIdentity');
  });

  it('reorderedFields turns the fields around', async () => {
    const [message] = await messagesWith({ reorderedFields: 1 });
    expect(message?.text).toMatch(/chargePointModel.*chargePointVendor/s);
  });

  it('of the clock is seen in its times', () => {
    const time = (faults: SimulatedFaults) => new SimulatedChargeBox({ identity: 'X', url, faults, now }).time();
    expect(time({})).toBe('2026-03-01T12:00:00.000Z');
    expect(time({ clockSkew: -3_600 })).toBe('2026-03-01T11:00:00.000Z');
    expect(time({ localTime: 1 })).toBe('2026-03-01T12:00:00.000');
  });

  it('reboot and offline change what is sent when', async () => {
    const wrappers = async (faults: SimulatedFaults) => {
      seen = [];
      await runFleet({ url, boxes: 1, sessions: 1, seed: 1, faults });
      return seen.map(({ text }) => /<(?:\w+:)?(\w+)Request/.exec(text)?.[1] ?? '');
    };
    const boots = (all: readonly string[]) => all.filter((name) => name === 'bootNotification').length;
    const usual = await wrappers({});
    expect(boots(usual)).toBe(1);
    expect(boots(await wrappers({ reboot: 1 }))).toBeGreaterThan(1);
    const kept = await wrappers({ offline: 1 });
    expect(kept.indexOf('startTransaction')).toBeLessThan(kept.indexOf('stopTransaction'));
    expect([usual.includes('authorize'), kept.includes('authorize')]).toEqual([true, false]);
  });
});

describe('the command line', () => {
  const script = join(__dirname, '../../dist/apps/charge-box-simulator/src/main.js');
  const run = (...args: readonly string[]) =>
    spawnSync(process.execPath, [script, ...args], { encoding: 'utf8', timeout: 20_000 });

  it.each([
    [['--boxes', 'many'], /must be a whole number/],
    [['--fault', 'fire=1'], /Unknown fault fire/],
    [['--fault', 'gzip=2'], /between 0 and 1/],
    [['--url', 'http://example.org/ocpp'], /not on this machine/],
    [['--speed'], /unknown option/],
  ])('refuses %j with the reason', (args, reason) => {
    const { status, stderr } = run(...args);
    expect(status).not.toBe(0);
    expect(stderr).toMatch(reason);
    expect(seen).toEqual([]);
  });
});
