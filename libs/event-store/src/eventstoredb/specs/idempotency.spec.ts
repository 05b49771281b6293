import { jsonEvent, WrongExpectedVersionError } from '@eventstore/db-client';
import type { AppendExpectedRevision } from '@eventstore/db-client';
import type { EventStoreDbDouble } from '../../../../../test/support/eventstoredb/double';
import { trial } from './trial';

// What a server makes of an append that comes twice: the table that the adapter is built upon, as the double has it. Batches and single calls
// must say the same.

const { double: newDouble, rawClient } = trial();
const made = (count: number) => Array.from({ length: count }, () => jsonEvent({ type: 'T', data: { a: 1 } }));
const single = { credentials: { username: 'a', password: 'b' } };

describe.each([
  ['a single call', single],
  ['a batch', {}],
])('the same append again, as %s', (_how, how) => {
  async function prepared() {
    const double = await newDouble();
    const client = rawClient(double.connectionString);
    const append = (events: ReturnType<typeof made>, expectedRevision: AppendExpectedRevision) =>
      client.appendToStream('s', events, { expectedRevision, ...how });
    return { double, append };
  }
  const length = ({ log }: EventStoreDbDouble) => log.all.length;

  it('is known by its ids at the revisions that follow the expected one, also after a restart of the server', async () => {
    const { double, append } = await prepared();
    const batch = made(2);
    await append(batch, 'no_stream');
    await append(made(1), 1n);
    double.log.forgetRecentIds();
    expect(await append(batch, 'no_stream')).toMatchObject({ success: true, nextExpectedRevision: 1n });
    expect(length(double)).toBe(3);
  });

  it('is stored once more at the revision that is the last', async () => {
    const { double, append } = await prepared();
    const batch = made(1);
    await append(batch, 'no_stream');
    expect(await append(batch, 0n)).toMatchObject({ nextExpectedRevision: 1n });
    expect(length(double)).toBe(2);
  });

  it.each(['any', 'stream_exists'] as const)('is known for a while without a revision: %s', async (expected) => {
    const { double, append } = await prepared();
    await append(made(1), 'no_stream');
    const batch = made(2);
    await append(batch, expected);
    await append(batch, expected);
    expect(length(double)).toBe(3);
    double.log.forgetRecentIds();
    await append(batch, expected);
    expect(length(double)).toBe(5);
  });

  it('is a conflict if only its first ids are known', async () => {
    const { append } = await prepared();
    const [first, second, third] = made(3);
    if (!first || !second || !third) throw new Error('three are made');
    await append([first, second], 'no_stream');
    await expect(append([first, third], 'no_stream')).rejects.toBeInstanceOf(WrongExpectedVersionError);
    await expect(append([first, third], 'any')).rejects.toBeInstanceOf(WrongExpectedVersionError);
  });

  it.each([
    { expected: 5n, why: 'a revision that is not there yet' },
    { expected: 0n, why: 'a revision that others have passed' },
    { expected: 'no_stream', why: 'a stream that is there' },
  ] as const)('is a conflict at $why', async ({ expected }) => {
    const { append } = await prepared();
    await append(made(2), 'no_stream');
    const conflict = append(made(1), expected);
    await expect(conflict).rejects.toMatchObject({ type: 'wrong-expected-version', actualVersion: 1n });
  });
});
