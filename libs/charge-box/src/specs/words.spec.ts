import {
  answerDataTransfer,
  decodeIdentity,
  encodeIdentity,
  identityOfStream,
  idTagStream,
  stateStream,
  telemetryStream,
  vendorRegistry,
} from '../index';
import { interpretTime, isTimeZone } from '../times';
import fc from 'fast-check';

const noon = '2026-03-01T12:00:00.000Z';

describe('an identity in the name of a stream', () => {
  it('comes back as it was, and is never mistaken for another', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (one, other) => {
        expect(decodeIdentity(encodeIdentity(one))).toBe(one);
        expect(encodeIdentity(one) === encodeIdentity(other)).toBe(one === other);
        expect(encodeIdentity(one)).toMatch(/^[A-Za-z0-9._~-]*$/);
      }),
    );
  });

  it.each(['../../etc/passwd', 'a\r\nb', '<b>', "'; DROP TABLE events; --", '00:00:5E:00:53:AB', 'é~%'])(
    'is harmless: %j',
    (identity) => {
      expect(stateStream(identity)).toMatch(/^chargeBox-[A-Za-z0-9._~-]*$/);
      expect(identityOfStream(telemetryStream(identity))).toBe(identity);
    },
  );

  it('is not read from streams of other things', () => {
    expect(identityOfStream(idTagStream('CARD'))).toBeUndefined();
  });
});

describe('a time as a box writes it', () => {
  it.each([
    ['2026-03-01T12:00:00.000Z', noon, undefined, undefined],
    ['2026-03-01T12:00:00Z', noon, '2026-03-01T12:00:00Z', undefined],
    ['2026-03-01T13:00:00+01:00', noon, '2026-03-01T13:00:00+01:00', undefined],
    ['2026-03-01T13:00:00', noon, '2026-03-01T13:00:00', 'time-without-zone'],
    [undefined, '2026-03-01T15:00:00.000Z', '', 'time-missing'],
    ['2026-13-01T12:00:00Z', '2026-03-01T15:00:00.000Z', '2026-13-01T12:00:00Z', 'time-impossible'],
    ['2026-03-01T24:30:00Z', '2026-03-01T15:00:00.000Z', '2026-03-01T24:30:00Z', 'time-impossible'],
    ['1970-01-01T00:00:00Z', '2026-03-01T15:00:00.000Z', '1970-01-01T00:00:00Z', 'time-impossible'],
    ['2031-03-01T12:00:00Z', '2026-03-01T15:00:00.000Z', '2031-03-01T12:00:00Z', 'time-impossible'],
    ['9999-12-31T23:00:00-05:00', '2026-03-01T15:00:00.000Z', '9999-12-31T23:00:00-05:00', 'time-impossible'],
    ['2026-02-28T24:00:00Z', '2026-03-01T00:00:00.000Z', '2026-02-28T24:00:00Z', undefined],
  ])('%s means %s', (text, at, kept, suspicion) => {
    const { time, suspicions } = interpretTime(text, '2026-03-01T15:00:00.000Z', 'Europe/Amsterdam');
    expect(time).toEqual(kept === undefined ? { at } : { at, text: kept });
    expect(suspicions).toEqual(suspicion === undefined ? [] : [suspicion]);
  });

  it.each([
    ['the hour that does not exist', '2025-03-30T02:30:00', '2025-03-30T01:30:00.000Z'],
    ['the hour that comes twice, first time', '2025-10-26T02:30:00', '2025-10-26T00:30:00.000Z'],
    ['summer', '2025-07-01T12:00:00', '2025-07-01T10:00:00.000Z'],
  ])('in a zone with summer time: %s', (_what, text, at) => {
    expect(interpretTime(text, noon, 'Europe/Amsterdam').time.at).toBe(at);
  });

  it('needs a zone that exists', () => {
    expect([isTimeZone('Europe/Amsterdam'), isTimeZone('UTC'), isTimeZone('Mars/Olympus')]).toEqual([
      true,
      true,
      false,
    ]);
  });
});

describe('the registry of vendors', () => {
  const registry = vendorRegistry('org.example, com.acme.box/status');
  const ask = (vendorId: string, messageId?: string) =>
    'violations' in registry
      ? undefined
      : answerDataTransfer(registry, { vendorId, ...(messageId === undefined ? {} : { messageId }), data: 'x' });

  it.each([
    ['ORG.Example', undefined, 'Accepted'],
    ['org.example', 'anything', 'Accepted'],
    ['com.acme.box', 'status', 'Accepted'],
    ['com.acme.box', 'other', 'UnknownMessageId'],
    ['com.acme.box', undefined, 'UnknownMessageId'],
    ['nobody', undefined, 'UnknownVendorId'],
  ])('answers %s %s with %s', (vendorId, messageId, status) => {
    expect(ask(vendorId, messageId)).toEqual({ status });
  });

  it('names entries that it cannot read', () => {
    expect(vendorRegistry('a, /b')).toMatchObject({ violations: [expect.stringContaining('/b')] });
  });
});
