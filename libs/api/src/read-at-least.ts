import type { FastifyRequest } from 'fastify';
import type { ApiOptions } from './options';
import { Problem } from './problem';

/** Longest that a read waits for its position, in milliseconds. */
const patience = 5_000;

/**
 * A request that sends the `X-Position` of an earlier answer is served once the read models show everything up to there, at whichever
 * instance it arrives.
 */
export const readAtLeast =
  ({ waitFor }: Pick<ApiOptions, 'waitFor'>) =>
  async ({ headers, url }: Pick<FastifyRequest, 'headers' | 'url'>): Promise<void> => {
    const position = headers['x-position'];
    // Who asks whether the service is alive needs no key, and shall not wait.
    if (position === undefined || waitFor === undefined || !url.startsWith('/api/')) return;
    if (typeof position !== 'string' || !/^\d{1,64}$/.test(position)) throw unreadable();
    if (await waitFor(position, patience)) return;
    const detail = 'The read models do not show the position in X-Position yet. Try again, or leave the header out.';
    throw new Problem('unavailable', detail, { headers: { 'retry-after': '1' } });
  };

function unreadable(): Problem {
  const message = 'This is no position. Send the X-Position of an earlier answer as it was.';
  return new Problem('invalid-request', undefined, {
    violations: [{ in: 'header', path: 'x-position', code: 'invalid', message }],
  });
}
