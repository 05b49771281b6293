import type { WebhookFailure } from '@app/charge-box';

/** What came of one attempt. */
export type Sent =
  | { readonly kind: 'answered'; readonly status: number; readonly retryAfter?: string | undefined }
  | { readonly kind: 'failed'; readonly reason: string; readonly detail: string };

export type Verdict =
  | { readonly kind: 'delivered' }
  /** `pause`: milliseconds that the receiver asks for. */
  | { readonly kind: 'again'; readonly failure: WebhookFailure; readonly pause?: number | undefined }
  | { readonly kind: 'never'; readonly failure: WebhookFailure }
  | { readonly kind: 'off'; readonly failure: WebhookFailure };

/** What the answer of a receiver means for the delivery. `now`: milliseconds since 1970. */
export function verdictOf(sent: Sent, now: number): Verdict {
  if (sent.kind === 'failed') return { kind: 'again', failure: { reason: sent.reason, detail: sent.detail } };
  const { status, retryAfter } = sent;
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  if (status === 410) return { kind: 'off', failure: failed('gone', status, 'the receiver wants no more') };
  if (status >= 500 || status === 408 || status === 429) {
    const failure = failed('http-status', status, 'the receiver could not take it for the moment');
    return { kind: 'again', failure, pause: pauseIn(retryAfter, now) };
  }
  if (status < 400) return { kind: 'never', failure: failed('redirected', status, 'redirects are not followed') };
  return { kind: 'never', failure: failed('http-status', status, 'the receiver refuses it') };
}

const failed = (reason: string, status: number, what: string): WebhookFailure => ({
  reason,
  status,
  detail: `HTTP ${status}: ${what}.`,
});

/** RFC 9110, 10.2.3: seconds, or a date. */
function pauseIn(retryAfter: string | undefined, now: number): number | undefined {
  if (retryAfter === undefined) return undefined;
  if (/^\d{1,9}$/.test(retryAfter)) return Number(retryAfter) * 1_000;
  const until = Date.parse(retryAfter);
  return !retryAfter.endsWith('GMT') || Number.isNaN(until) ? undefined : Math.max(0, until - now);
}

/** The pause before the next attempt: doubling, with a random half, so that those who failed together do not come back together. */
export function pauseAfter(
  attempt: number,
  { retryAfter, longestRetry }: { readonly retryAfter: number; readonly longestRetry: number },
  chance: () => number,
  asked?: number,
): number {
  const usual = Math.min(longestRetry, retryAfter * 2 ** (attempt - 1));
  const jittered = usual * (0.5 + chance() / 2);
  return asked === undefined ? jittered : Math.min(longestRetry, Math.max(jittered, asked));
}
