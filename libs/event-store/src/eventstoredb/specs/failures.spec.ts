import { Metadata } from '@grpc/grpc-js';
import { failureOf, isPastHelp } from '../failures';

// Every row of the table of errors that the client is known to have, as they arrive: some with a type, some with a number, some as text.

describe('a failure of the client', () => {
  it.each([
    ['a node that is down', { type: 'unavailable', code: 14 }],
    ['a server that cut the call', { type: 'cancelled', code: 1 }],
    ['a write that reached a follower', { type: 'not-leader', code: 5 }],
    ['a timeout of the server, or a slow consumer', { type: 'timeout', code: 10, message: 'Consumer too slow' }],
    ['a deadline that has passed', { type: 'deadline-exceeded', code: 4 }],
    ['an internal error, such as a broken frame', { type: 'unknown', code: 13 }],
    ['exhausted resources', { type: 'unknown', code: 8 }],
    [
      'a batch answered before the node is ready',
      { type: 'unknown', message: 'Could not recognize Server Is Not Ready' },
    ],
    ['a batch answered by a busy node', { type: 'unknown', message: 'Could not recognize Server Is Busy' }],
    ['no leader', { type: 'unknown', code: 2, message: '2 UNKNOWN: No leader info available in response' }],
    ['server features that cannot be asked for', { code: 14, message: 'No connection established' }],
    ['discovery that found nobody', { message: 'Failed to discover after 1 attempts.' }],
  ])('may pass: %s', (_what, error) => {
    expect(failureOf(error)).toMatchObject({ kind: 'transient', code: 'store-unavailable' });
  });

  it.each([
    ['credentials or rights', 'store-denied', { type: 'access-denied', code: 7 }],
    ['credentials that nobody knows', 'store-denied', { type: 'access-denied', code: 16 }],
    ['a denial without the header of the server', 'store-denied', { type: 'unknown', code: 7 }],
    ['an append that is too large', 'append-too-large', { type: 'maximum-append-size-exceeded', code: 3 }],
    ['a stream that was deleted for good', 'stream-deleted', { type: 'stream-deleted', code: 9 }],
    ['what nobody has seen before', 'store-unavailable', { type: 'unknown', code: 2 }],
    ['what is no error at all', 'store-unavailable', undefined],
  ])('stays: %s', (_what, code, error) => {
    expect(failureOf(error)).toMatchObject({ kind: 'permanent', code });
  });

  it('is a conflict with the revision that is there, if the client says it', () => {
    const type = 'wrong-expected-version';
    expect(failureOf({ type, actualVersion: 7n })).toEqual({ kind: 'conflict', actual: 7 });
    expect(failureOf({ type, actualVersion: 'no_stream' })).toEqual({ kind: 'conflict', actual: -1 });
    expect(failureOf({ type })).toEqual({ kind: 'conflict', actual: undefined });
  });

  it.each(['stream-not-found', 'no-stream'])('is no failure where nothing is stored: %s', (type) => {
    expect(failureOf({ type, code: 5 })).toEqual({ kind: 'no-stream' });
  });

  it('may pass with a new client where the client remembers a denial', () => {
    const remembered = { code: 7, message: 'PERMISSION_DENIED', metadata: new Metadata() };
    expect(failureOf(remembered)).toMatchObject({ kind: 'transient', code: 'store-denied' });
    expect(isPastHelp(remembered)).toBe(true);
    expect(isPastHelp({ type: 'access-denied', code: 7 })).toBe(false);
  });
});
