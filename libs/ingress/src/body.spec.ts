import { unpacked } from '@app/soap';
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { readBody } from './body';
import { BodyRoom } from './body-room';
import { ingressDefaults } from './settings';

jest.mock('@app/soap', () => {
  const soap = jest.requireActual<typeof import('@app/soap')>('@app/soap');
  return { ...soap, unpacked: jest.fn(soap.unpacked) };
});

const text = 'x'.repeat(100_000);

function request(body: Buffer | string, headers: Record<string, string> = {}, socket = { destroyed: false }) {
  const stream = Object.assign(new PassThrough(), { headers, socket });
  stream.end(body);
  return stream as unknown as IncomingMessage;
}

const zipped = (socket?: { destroyed: boolean }) => request(gzipSync(text), { 'content-encoding': 'gzip' }, socket);

const textOf = (body: Buffer | object): string | object => (Buffer.isBuffer(body) ? body.toString() : body);

describe('bodies', () => {
  const room = () => new BodyRoom(ingressDefaults.maximumBodies);

  it('are unpacked a few at a time', async () => {
    const { unpacked: original } = jest.requireActual<typeof import('@app/soap')>('@app/soap');
    let atOnce = 0;
    let most = 0;
    jest.mocked(unpacked).mockImplementation(async (...given) => {
      most = Math.max(most, (atOnce += 1));
      return original(...given).finally(() => (atOnce -= 1));
    });
    const share = room().enter();
    const bodies = await Promise.all(Array.from({ length: 30 }, () => readBody(zipped(), ingressDefaults, share)));
    expect(bodies.map(textOf)).toEqual(Array.from({ length: 30 }, () => text));
    expect(most).toBe(4);
  });

  it('of senders that have gone are not unpacked', async () => {
    jest.mocked(unpacked).mockClear();
    const body = await readBody(zipped({ destroyed: true }), ingressDefaults, room().enter());
    expect(body).toMatchObject({ reason: 'aborted' });
    expect(unpacked).not.toHaveBeenCalled();
  });

  it('find no room beyond what all may hold, packed or not, and room again once others have left', async () => {
    const small = new BodyRoom(250_000);
    const [first, second, third] = [small.enter(), small.enter(), small.enter()];
    expect(textOf(await readBody(request(text), ingressDefaults, first))).toBe(text);
    expect(textOf(await readBody(zipped(), ingressDefaults, second))).toBe(text);
    expect(await readBody(request(text), ingressDefaults, third)).toMatchObject({ status: 503, reason: 'no-room' });
    third.leave();
    const fourth = small.enter();
    expect(await readBody(zipped(), ingressDefaults, fourth)).toMatchObject({ status: 503, reason: 'no-room' });
    fourth.leave();
    first.leave();
    expect(textOf(await readBody(request(text), ingressDefaults, small.enter()))).toBe(text);
  });

  it('as small as most are find room all the same', async () => {
    const full = new BodyRoom(100_000);
    full.enter().take(100_000);
    expect(textOf(await readBody(request('small'), ingressDefaults, full.enter()))).toBe('small');
    const share = full.enter();
    expect([share.take(10_000), share.take(6_000), share.take(1_000)]).toEqual([true, true, false]);
  });
});
