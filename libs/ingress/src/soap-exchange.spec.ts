import type { CommandBus } from '@nestjs/cqrs';
import type { ErrorCode } from '@app/kernel';
import { codedError, silentLog, silentMeter } from '@app/kernel';
import type { EnvelopeParts } from '../../../test/support/envelopes';
import { boot, envelope, start } from '../../../test/support/envelopes';
import { ingressDefaults } from './settings';
import { SoapExchange } from './soap-exchange';

const many = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, at) => text(at)).join('');
const long = 'x'.repeat(100_000);
const unknownFields = boot.replace('<cs:chargePointVendor>', `${many(200, (at) => `<cs:${'f'.repeat(300)}${at}/>`)}$&`);

const hostile: readonly (readonly [what: string, parts: EnvelopeParts, logIdTags: boolean, strict: boolean])[] = [
  ['a prefix that means nothing', { body: `<${long}:a/>` }, false, false],
  ['an identity', { identity: long }, false, false],
  ['a namespace', { namespace: `urn:${long}` }, false, false],
  ['a header that must be understood', { headers: `<h xmlns="urn:${long}" s:mustUnderstand="1"/>` }, false, false],
  ['a message id', { headers: `<wsa:MessageID>${long}</wsa:MessageID>`, identity: '' }, true, false],
  ['fields that are unknown', { body: unknownFields }, false, true],
  ['fields that are unknown, with texts', { body: unknownFields }, true, true],
];

describe('the log line of a refused request', () => {
  it.each(hostile)('takes a few hundred characters of %s', async (_what, parts, logIdTags, strict) => {
    const lines: string[] = [];
    const log = { ...silentLog, warn: (fields: object) => void lines.push(JSON.stringify(fields)) };
    const bus = { execute: async () => undefined } as unknown as CommandBus;
    const ports = { bus, clock: { now: () => 0 }, meter: silentMeter, log };
    const exchange = new SoapExchange({ ...ingressDefaults, logIdTags, strict }, ports);
    const answer = await exchange.answer(Buffer.from(envelope(parts)), { requestId: 'r-1' });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(lines).toHaveLength(1);
    expect(lines[0]?.length).toBeLessThan(1_200);
    expect(lines[0]).toContain('"requestId":"r-1"');
  });
});

describe('a request that could not be recorded', () => {
  async function answerTo(body: string, error: Error, unrecorded: 'http' | 'fault' = 'http') {
    const bus = { execute: async () => Promise.reject(error) } as unknown as CommandBus;
    const ports = { bus, clock: { now: () => 0 }, meter: silentMeter, log: silentLog };
    const exchange = new SoapExchange({ ...ingressDefaults, unrecorded }, ports);
    return exchange.answer(Buffer.from(envelope({ body })), { requestId: 'r-1' });
  }
  const fault = { status: 500, fault: 'InternalError', text: expect.stringContaining('may not have been') as string };
  const none = { status: 503, text: 'It may not have been recorded. Ask the operator about request r-1.\n' };

  it.each<ErrorCode>(['store-unavailable', 'store-full', 'mailbox-full', 'conflict-persists'])(
    'gets no fault when it carries transaction data, so that the box repeats it: %s',
    async (code) => {
      const answer = await answerTo(start(), codedError(code));
      expect(answer).toMatchObject(none);
      expect(answer.fault).toBeUndefined();
    },
  );

  it('gets a fault when it carries none, when a repetition would fail as well, and when it shall', async () => {
    expect(await answerTo('<cs:heartbeatRequest/>', codedError('store-unavailable'))).toMatchObject(fault);
    expect(await answerTo(start(), new Error('a defect'))).toMatchObject(fault);
    expect(await answerTo(start(), codedError('append-too-large'))).toMatchObject(fault);
    expect(await answerTo(start(), codedError('store-unavailable'), 'fault')).toMatchObject(fault);
  });
});
