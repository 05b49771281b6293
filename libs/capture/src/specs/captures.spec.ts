import type { Exchange, MetricName } from '@app/kernel';
import { silentLog, silentMeter } from '@app/kernel';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CaptureSettings } from '../captured';
import type { CapturesOptions } from '../captures';
import { Captures } from '../captures';

const settings: CaptureSettings = { mode: 'all', milliseconds: 3_600_000, bytes: 1024 * 1024, idTags: 'masked' };
let folder: string;
let counted: MetricName[];
let logged: string[];
const started: Captures[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ocpp-captures-'));
  counted = [];
  logged = [];
});
afterEach(async () => {
  for (const captures of started.splice(0)) await captures.stop();
  rmSync(folder, { recursive: true, force: true });
});

function start(changed: Partial<CaptureSettings> = {}, options: Partial<CapturesOptions> = {}): Captures {
  const captures = new Captures({
    file: join(folder, 'captures.db'),
    settings: { ...settings, ...changed },
    log: { ...silentLog, error: (_fields, sentence) => void logged.push(sentence) },
    meter: { ...silentMeter, count: (name) => void counted.push(name) },
    ...options,
  });
  started.push(captures);
  return captures;
}

const exchange = (changed: Partial<Exchange> = {}): Exchange => ({
  requestId: 'r-1',
  at: new Date().toISOString(),
  milliseconds: 2,
  headers: { 'content-type': 'text/xml', authorization: 'Basic secret', 'user-agent': 'x'.repeat(300) },
  body: Buffer.from('<a><idTag>04A2B3C4</idTag></a>'),
  chargeBoxIdentity: 'BOX-1',
  quirks: [],
  status: 200,
  answer: '<b/>',
  ...changed,
});
const all = { limit: 100 };

describe('captures', () => {
  it('show what was taken before, masked, with the headers that matter', async () => {
    const captures = start();
    captures.take(exchange());
    const [row] = await captures.list({}, all);
    expect(row).toMatchObject({ id: 1, identity: 'BOX-1', status: 200, masked: true });
    expect(await captures.find(1)).toMatchObject({
      headers: { 'content-type': 'text/xml', 'user-agent': 'x'.repeat(200) },
      request: { text: expect.stringMatching(/^<a><idTag>[0-9A-F]{8}<\/idTag><\/a>$/) as string },
      response: { text: '<b/>' },
    });
    expect(JSON.stringify(await captures.find(1))).not.toMatch(/04A2B3C4|secret/);
  });

  it.each([
    ['off', false, false],
    ['odd', true, false],
    ['all', true, true],
  ] as const)('are wanted as %s says', (mode, odd, plain) => {
    const captures = start({ mode });
    expect([captures.wants(true), captures.wants(false)]).toEqual([odd, plain]);
  });

  it.each([
    ['messages', { exchanges: 5, bytes: 1_000_000 }],
    ['bytes', { exchanges: 1_000, bytes: 5 * (30 + 8) }],
  ])('that come faster than they are written are dropped and counted beyond so many %s', async (_what, waiting) => {
    const captures = start({}, { waiting });
    for (let number = 0; number < 20; number += 1) captures.take(exchange());
    expect(counted).toEqual(Array.from({ length: 15 }, () => 'captures_dropped_total'));
    expect(await captures.list({}, all)).toHaveLength(5);
    captures.take(exchange());
    expect(await captures.list({}, all)).toHaveLength(6);
  });

  it('of a box are removed with those on their way', async () => {
    const captures = start();
    captures.take(exchange());
    captures.take(exchange({ chargeBoxIdentity: 'BOX-2' }));
    expect(await captures.forget('BOX-1')).toBe(1);
    expect((await captures.list({}, all)).map(({ identity }) => identity)).toEqual(['BOX-2']);
  });

  it('that have an idTag in clear are removed with it, however it is written, and no others', async () => {
    const captures = start({ idTags: 'clear' });
    const bodies = ['<a>Card&amp;1</a>', '<a>CARD&amp;1 </a>', '<a>Card&amp;10</a>', '<a>other</a>'];
    for (const body of bodies) captures.take(exchange({ body: Buffer.from(body) }));
    captures.take(exchange({ body: Buffer.from([0xff, ...Buffer.from('<a>card&amp;1</a>')]) }));
    captures.take(exchange({ answer: '<b>card&amp;1</b>' }));
    expect(await captures.forgetIdTag('card&1')).toBe(4);
    expect(await captures.list({}, all)).toHaveLength(2);
    expect(await captures.forgetIdTag('card&1')).toBe(0);
  });

  it('with pseudonyms stay when an idTag is erased', async () => {
    const captures = start({ idTags: 'masked' });
    captures.take(exchange());
    expect(await captures.forgetIdTag('04A2B3C4')).toBe(0);
  });

  it('are written before the end, and are there at the next start, also when nothing more is taken', async () => {
    const first = start();
    first.take(exchange());
    await first.stop();
    const next = start({ mode: 'off' });
    expect(await next.list({}, all)).toHaveLength(1);
    expect(await next.forget('BOX-1')).toBe(1);
  });

  it('of an earlier run go when they are too old', async () => {
    const first = start();
    first.take(exchange({ at: '2026-03-01T12:00:00.000Z' }));
    first.take(exchange());
    expect(await first.list({}, all)).toHaveLength(1);
    await first.stop();
    const next = start({ milliseconds: 0 });
    expect(await next.forget('BOX-1')).toBe(0);
  });

  it('that cannot be kept are counted, and harm nobody', async () => {
    const file = join(folder, 'captures.db');
    writeFileSync(file, 'This is no file of captures, however long one looks at it. '.repeat(100));
    const captures = start();
    captures.take(exchange());
    await expect(captures.list({}, all)).rejects.toMatchObject({
      message: expect.stringContaining('not a database') as string,
    });
    expect(counted).toEqual(['captures_dropped_total']);
    expect(logged).toEqual(['The thread that keeps captures failed']);
    captures.take(exchange());
    expect(counted).toHaveLength(2);
    await expect(captures.forget('BOX-1')).rejects.toThrow('cannot be reached');
  });

  it('do nothing where there are none', async () => {
    const captures = start();
    expect(await captures.list({}, all)).toEqual([]);
    expect(await captures.find(1)).toBeUndefined();
    expect(await captures.forget('BOX-1')).toBe(0);
  });
});
