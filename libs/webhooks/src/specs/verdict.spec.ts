import type { Sent } from '../verdict';
import { pauseAfter, verdictOf } from '../verdict';

const now = Date.parse('2026-03-01T12:00:00.000Z');
const answered = (status: number, retryAfter?: string): Sent => ({ kind: 'answered', status, retryAfter });

describe('an answer', () => {
  it.each([
    [200, 'delivered'],
    [202, 'delivered'],
    [204, 'delivered'],
    [301, 'never'],
    [307, 'never'],
    [400, 'never'],
    [401, 'never'],
    [404, 'never'],
    [408, 'again'],
    [410, 'off'],
    [429, 'again'],
    [500, 'again'],
    [503, 'again'],
  ])('of %i means %s', (status, kind) => {
    expect(verdictOf(answered(status), now).kind).toBe(kind);
  });

  it('is told with its status, and a redirect as what it is', () => {
    expect(verdictOf(answered(302), now)).toMatchObject({ failure: { reason: 'redirected', status: 302 } });
    expect(verdictOf(answered(404), now)).toMatchObject({ failure: { reason: 'http-status', status: 404 } });
  });

  it('that there was none is tried again, with the reason', () => {
    const sent: Sent = { kind: 'failed', reason: 'connection-refused', detail: 'Nothing listens there.' };
    const failure = { reason: 'connection-refused', detail: 'Nothing listens there.' };
    expect(verdictOf(sent, now)).toEqual({ kind: 'again', failure });
  });

  it.each([
    ['120', 120_000],
    ['Sun, 01 Mar 2026 12:00:30 GMT', 30_000],
    ['Sun, 01 Mar 2026 11:00:00 GMT', 0],
    ['soon', undefined],
    ['-5', undefined],
  ])('asks for a pause by Retry-After: %s', (text, pause) => {
    expect(verdictOf(answered(429, text), now)).toMatchObject({ kind: 'again', pause });
  });
});

describe('the pause after an attempt', () => {
  const limits = { retryAfter: 5_000, longestRetry: 3_600_000 };

  it('doubles, up to the longest', () => {
    const pauses = [1, 2, 3, 11, 14, 50].map((attempt) => pauseAfter(attempt, limits, () => 1));
    expect(pauses).toEqual([5_000, 10_000, 20_000, 3_600_000, 3_600_000, 3_600_000]);
  });

  it('is random in its half', () => {
    expect([0, 0.5, 1].map((chance) => pauseAfter(1, limits, () => chance))).toEqual([2_500, 3_750, 5_000]);
  });

  it('is what the receiver asks for, but neither less than usual nor more than the longest', () => {
    expect([60_000, 1, 86_400_000].map((asked) => pauseAfter(1, limits, () => 1, asked))).toEqual([
      60_000, 5_000, 3_600_000,
    ]);
  });
});
