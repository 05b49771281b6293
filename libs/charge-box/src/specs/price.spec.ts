import { given, noon, registered, secondsAfterNoon } from '@app/testing';
import { interpretTime } from '../times';

// What a box says may be a megabyte of whatever an expression likes least, and nobody else is served while it is read.

const at = secondsAfterNoon(10_000);
const values = (count: number, timestamp: string, value = '1') => ({
  connectorId: 1,
  values: Array.from({ length: count }, () => ({ timestamp, value: [{ value }] })),
});

/** The least processor time of a few tries, in milliseconds; never so little that chance decides. */
function price(work: () => unknown): number {
  const times = Array.from({ length: 4 }, () => {
    const begin = process.cpuUsage();
    work();
    return process.cpuUsage(begin).user / 1_000;
  });
  return Math.max(0.5, Math.min(...times));
}

const box = () => given(registered);

const readers: readonly (readonly [what: string, take: (text: string) => unknown])[] = [
  ['a reading', (text) => box().when('MeterValues', values(1, noon, text), { at })],
  ['a time', (text) => box().when('MeterValues', values(1, text), { at })],
  [
    'an idTag',
    (text) => box().when('StartTransaction', { connectorId: 1, idTag: text, timestamp: noon, meterStart: 0 }, { at }),
  ],
  ['data of a vendor', (text) => box().when('DataTransfer', { vendorId: text, data: text }, { at })],
  [
    'a status',
    (text) =>
      box().when(
        'StatusNotification',
        { connectorId: 1, status: 'Faulted', errorCode: 'OtherError', info: text },
        { at },
      ),
  ],
];
const alphabets = ['1', '1.', ' ', '/', '-', 'T', 'a'];

describe('the price of a text', () => {
  it.each(readers.flatMap(([what, take]) => alphabets.map((letters) => [what, letters, take] as const)))(
    'grows no faster than its length: %s full of %j',
    (_what, letters, take) => {
      const of = (length: number) => `${letters.repeat(length / letters.length)}x`;
      // Eight times as long: the square of that is 64.
      expect(price(() => take(of(80_000)))).toBeLessThan(32 * price(() => take(of(10_000))));
    },
  );

  it('of a time without a zone is about that of one with a zone', () => {
    const withZone = price(() => box().when('MeterValues', values(2_000, '2026-03-01T13:00:00Z'), { at }));
    const without = price(() => box().when('MeterValues', values(2_000, '2026-03-01T13:00:00'), { at }));
    expect(without).toBeLessThan(8 * withZone);
    const day = Array.from({ length: 2_000 }, (_, second) => secondsAfterNoon(second).replace('Z', ''));
    const inZone = price(() => day.map((text) => interpretTime(text, at, 'Europe/Amsterdam')));
    expect(inZone).toBeLessThan(8 * withZone);
  });
});
