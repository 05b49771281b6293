import { stateStream, webhookProgressStream } from '@app/charge-box';
import { signatureOf } from '../secrets';
import { aboutIdTag, atWork, happen, made, measure, ok, origin, secret, status, until } from './at-work';
import { settled } from './fake-alarm';

// What receivers are told, in which order, and when it is tried again. Cannot see: HTTP, which http-sender.spec.ts does.

const failing =
  (...identities: readonly string[]) =>
  ({ event }: { readonly event: { readonly stream: string } }) =>
    identities.some((identity) => event.stream === stateStream(identity)) ? status(500) : ok;

describe('a webhook', () => {
  it('is told each event as it happens, signed, with ids that stay', async () => {
    const { store, webhooks, receiver, alarm } = atWork();
    await happen(store, 'A', 0);
    const id = await made(webhooks);
    await happen(store, 'A', 1);
    await alarm.pass(0);
    const [got] = receiver.got;
    expect(receiver.numbers()).toEqual([1]);
    const timestamp = String(alarm.now() / 1_000);
    expect(got).toMatchObject({
      url: 'https://example.com/hook',
      event: { type: 'Happened', stream: 'chargeBox-A', revision: 1, data: { n: 1 } },
      headers: {
        'Content-Type': 'application/json; charset=utf-8',
        'Webhook-Id': got?.event.id,
        'Webhook-Of': id,
        'Webhook-Attempt': '1',
        'Webhook-Timestamp': timestamp,
        'Webhook-Signature': `v1=${signatureOf(secret, Number(timestamp), got?.body ?? '')}`,
      },
    });
  });

  it('is told from the beginning, or from a position, where that is wanted', async () => {
    const { store, webhooks, receiver, alarm } = atWork();
    await happen(store, 'A', 1);
    const position = await happen(store, 'A', 2);
    await happen(store, 'A', 3);
    await made(webhooks, { from: position });
    await alarm.pass(0);
    expect(receiver.numbers()).toEqual([3]);
    await made(webhooks, { from: 'beginning' });
    await alarm.pass(0);
    expect(receiver.numbers()).toEqual([3, 1, 2, 3]);
  });

  it('is told what it chose alone', async () => {
    const { store, webhooks, receiver, alarm } = atWork();
    await made(webhooks, { filter: { type: ['Wanted'], identity: 'A' } });
    await happen(store, 'A', 1, 'Wanted');
    await happen(store, 'A', 2, 'Other');
    await happen(store, 'AB', 3, 'Wanted');
    await happen(store, 'A', 4, 'Wanted');
    await alarm.pass(0);
    expect(receiver.numbers()).toEqual([1, 4]);
  });

  it('is told events with masked idTags, unless it was made for clear ones', async () => {
    const { store, webhooks, receiver, alarm } = atWork();
    await made(webhooks);
    await made(webhooks, { idTags: 'clear' });
    await happen(store, 'A', 1);
    await alarm.pass(0);
    expect(receiver.got.map(({ event }) => event.metadata.actor)).toEqual(['masked', 'charge-box']);
  });

  it('is told nothing of webhooks, and leaves the log alone when nothing happens', async () => {
    const { store, webhooks, receiver, alarm } = atWork();
    const id = await made(webhooks, { from: 'beginning' });
    await happen(store, 'A', 1);
    await alarm.pass(10);
    const { lastRevision } = await store.readStream(webhookProgressStream(id), { direction: 'backward', limit: 1 });
    await alarm.pass(600);
    expect(receiver.numbers()).toEqual([1]);
    const later = await store.readStream(webhookProgressStream(id), { direction: 'backward', limit: 1 });
    expect(later.lastRevision).toBe(lastRevision);
  });

  it('costs nothing where there is none', async () => {
    const { store, webhooks, alarm, receiver } = atWork();
    const subscribe = jest.spyOn(store, 'subscribe');
    await webhooks.start();
    await happen(store, 'A', 1);
    await alarm.pass(100);
    expect([alarm.waiting, subscribe.mock.calls.length, receiver.got.length]).toEqual([0, 0, 0]);
  });
});

describe('the events of a box', () => {
  it('wait for the one before, while other boxes go on', async () => {
    const { store, webhooks, receiver, alarm } = atWork();
    await made(webhooks);
    receiver.answer = failing('A');
    for (const n of [1, 2]) for (const identity of ['A', 'B']) await happen(store, identity, n);
    await alarm.pass(0);
    expect([receiver.numbers('A'), receiver.numbers('B')]).toEqual([[1], [1, 2]]);
    receiver.answer = () => ok;
    await alarm.pass(1);
    expect(receiver.numbers('A')).toEqual([1, 1, 2]);
    expect(receiver.got.map(({ headers }) => headers['Webhook-Attempt'])).toEqual(['1', '1', '1', '2', '1']);
  });

  it('are never under way two at a time', async () => {
    const { store, webhooks, receiver, alarm } = atWork();
    await made(webhooks);
    let answer = () => undefined as void;
    receiver.answer = () => new Promise((resolve) => (answer = () => resolve(ok)));
    for (const n of [1, 2, 3]) await happen(store, 'A', n);
    for (const n of [1, 2, 3]) {
      await alarm.pass(0);
      expect(receiver.numbers()).toHaveLength(n);
      answer();
    }
    await alarm.pass(0);
    expect(receiver.numbers()).toEqual([1, 2, 3]);
  });

  it('are all told in order when more wait than are kept, whatever stream they are in', async () => {
    const { store, webhooks, receiver, alarm } = atWork({ limits: { keptEvents: 3, attempts: 50 } });
    await made(webhooks);
    receiver.answer = () => status(503);
    const all = Array.from({ length: 40 }, (_, n) => n);
    for (const n of all) await (n % 3 === 0 ? measure(store, 'A', n) : happen(store, n % 3 === 1 ? 'A' : 'B', n));
    await alarm.pass(0);
    receiver.answer = () => ok;
    receiver.got.length = 0;
    await alarm.pass(2);
    const numbers = receiver.numbers();
    expect(numbers.filter((n) => (n ?? 0) % 3 !== 2)).toEqual(all.filter((n) => n % 3 !== 2));
    expect(numbers.filter((n) => (n ?? 0) % 3 === 2)).toEqual(all.filter((n) => n % 3 === 2));
    expect(webhooks.waiting).toBe(0);
  });

  it('are all told in order when more characters wait than are kept', async () => {
    const { store, webhooks, receiver, alarm } = atWork({ limits: { keptCharacters: 600, attempts: 50 } });
    await made(webhooks);
    receiver.answer = () => status(503);
    for (let n = 0; n < 20; n += 1) await happen(store, 'A', n);
    await alarm.pass(0);
    receiver.answer = () => ok;
    receiver.got.length = 0;
    await alarm.pass(2);
    expect(receiver.numbers()).toEqual(Array.from({ length: 20 }, (_, n) => n));
  });

  it('go on being told in order while new ones come', async () => {
    const { store, webhooks, receiver, alarm } = atWork({ limits: { keptEvents: 2, attempts: 50 } });
    await made(webhooks);
    let tries = 0;
    receiver.answer = () => ((tries += 1) % 3 === 0 ? status(500) : ok);
    for (let n = 0; n < 30; n += 1) {
      await happen(store, 'A', n);
      await alarm.pass(n % 4 === 0 ? 0.5 : 0);
    }
    await alarm.pass(100);
    const taken = receiver.numbers().filter((n, place, all) => n !== all[place - 1]);
    expect(taken).toEqual(Array.from({ length: 30 }, (_, n) => n));
  });
});

describe('boxes that are behind', () => {
  it('are of a number, beyond which the log is read no further', async () => {
    const { store, webhooks, receiver, alarm } = atWork({ limits: { behind: 2, attempts: 50 } });
    await made(webhooks);
    receiver.answer = failing('A', 'B');
    for (const identity of ['A', 'B', 'C', 'D']) await happen(store, identity, 1);
    await alarm.pass(0);
    expect([webhooks.waiting, receiver.numbers('C')]).toEqual([2, []]);
    receiver.answer = failing('B');
    await alarm.pass(2);
    expect([receiver.numbers('C'), receiver.numbers('D'), webhooks.waiting]).toEqual([[1], [1], 1]);
  });

  it('are told nothing twice when the log is read no further while they catch up', async () => {
    const { store, webhooks, receiver, alarm } = atWork({ limits: { behind: 2, keptEvents: 2, attempts: 50 } });
    await made(webhooks);
    receiver.answer = failing('A', 'B');
    for (const n of [1, 2, 3]) await happen(store, 'A', n);
    for (const identity of ['B', 'C']) await happen(store, identity, 1);
    await happen(store, 'A', 4);
    await alarm.pass(0);
    receiver.answer = failing('B');
    await alarm.pass(2);
    expect(receiver.numbers('A')).toEqual([1, 1, 2, 3, 4]);
    expect(receiver.numbers('C')).toEqual([1]);
  });

  it('do not hold up events of no box, which wait in a line of their own', async () => {
    const { store, webhooks, receiver, alarm } = atWork();
    await made(webhooks);
    receiver.answer = failing('A');
    await happen(store, 'A', 1);
    for (const n of [7, 8]) await aboutIdTag(store, n);
    await alarm.pass(0);
    expect(receiver.numbers()).toEqual([1, 7, 8]);
  });
});

describe('what fails', () => {
  it('is tried again after growing pauses, then goes to the dead letters, and the box goes on', async () => {
    const { store, webhooks, receiver, alarm } = atWork();
    const id = await made(webhooks);
    receiver.answer = ({ event }) => (event.data.n === 1 ? status(500) : ok);
    await happen(store, 'A', 1);
    await happen(store, 'A', 2);
    await alarm.pass(10);
    expect(receiver.got.map(({ event, seconds }) => [event.data.n, seconds])).toEqual([
      [1, 0],
      [1, 1],
      [1, 3],
      [2, 3],
    ]);
    expect(await webhooks.deadLetters(id)).toMatchObject([
      {
        deliveryId: receiver.got[0]?.event.id,
        type: 'Happened',
        identity: 'A',
        attempts: 3,
        reason: 'http-status',
        status: 500,
        firstAt: '2026-03-01T12:00:00.000Z',
        at: '2026-03-01T12:00:03.000Z',
        retrying: false,
      },
    ]);
  });

  it('is counted', async () => {
    const counted: string[] = [];
    const meter = {
      count: (name: string, ...labels: readonly string[]) => void counted.push(`${name} ${labels.join()}`),
      observe: (name: string, seconds: number) => void counted.push(`${name} ${seconds}`),
    };
    const { store, webhooks, receiver, alarm } = atWork({ meter });
    await made(webhooks);
    receiver.answer = ({ event }) => (event.data.n === 1 ? status(400) : ok);
    for (const n of [1, 2]) await happen(store, 'A', n);
    await alarm.pass(0);
    expect(counted).toEqual([
      'webhook_delivery_seconds 0',
      'webhook_deliveries_total failed',
      'webhook_deliveries_total given-up',
      'webhook_delivery_seconds 0',
      'webhook_deliveries_total delivered',
    ]);
  });

  it('goes to the dead letters at once where the receiver refuses it', async () => {
    const { store, webhooks, receiver, alarm } = atWork();
    const id = await made(webhooks);
    receiver.answer = ({ event }) => (event.data.n === 1 ? status(422) : ok);
    await happen(store, 'A', 1);
    await happen(store, 'A', 2);
    await alarm.pass(0);
    expect(receiver.numbers()).toEqual([1, 2]);
    expect(await webhooks.deadLetters(id)).toMatchObject([{ attempts: 1, status: 422 }]);
  });

  it('waits as long as the receiver asks for', async () => {
    const { store, webhooks, receiver, alarm } = atWork();
    await made(webhooks);
    receiver.answer = ({ seconds }) => (seconds < 60 ? status(429, '60') : ok);
    await happen(store, 'A', 1);
    await alarm.pass(100);
    expect(receiver.got.map(({ seconds }) => seconds)).toEqual([0, 60]);
  });

  it('is shown with the webhook until something succeeds', async () => {
    const { store, webhooks, receiver, alarm } = atWork();
    const id = await made(webhooks);
    receiver.answer = () => ({ kind: 'failed', reason: 'no-answer', detail: 'There was none.' });
    await happen(store, 'A', 1);
    await alarm.pass(2.5);
    expect(await webhooks.find(id)).toMatchObject({
      failure: { reason: 'no-answer', detail: 'There was none.' },
      behind: [{ identity: 'A', attempts: 2 }],
    });
    receiver.answer = () => ok;
    await alarm.pass(5);
    const row = await webhooks.find(id);
    expect([row?.behind, row?.failure]).toEqual([[], undefined]);
  });

  it('switches the webhook off where the receiver is gone; made active again, it goes on where it was', async () => {
    const { store, webhooks, receiver, alarm } = atWork();
    const id = await made(webhooks);
    receiver.answer = () => status(410);
    await happen(store, 'A', 1);
    await alarm.pass(5);
    await happen(store, 'A', 2);
    await alarm.pass(5);
    expect(receiver.numbers()).toEqual([1]);
    expect(await webhooks.find(id)).toMatchObject({
      active: false,
      switchedOff: expect.stringContaining('HTTP 410') as string,
    });
    receiver.answer = () => ok;
    expect(await webhooks.change(id, { active: true }, origin)).toMatchObject({ outcome: 'done' });
    await alarm.pass(5);
    expect(receiver.numbers()).toEqual([1, 1, 2]);
    expect(await webhooks.find(id)).not.toHaveProperty('switchedOff');
    expect(await webhooks.deadLetters(id)).toEqual([]);
  });
});

describe('a store that fails for a moment', () => {
  it('delays what is told, and loses nothing', async () => {
    const { store, webhooks, receiver, alarm } = atWork({ limits: { keptEvents: 1, attempts: 50 } });
    await made(webhooks);
    receiver.answer = () => status(500);
    for (const n of [1, 2, 3]) await happen(store, 'A', n);
    await alarm.pass(0);
    receiver.answer = () => ok;
    const read = jest.spyOn(store, 'readAll').mockRejectedValue(new Error('away'));
    const append = jest.spyOn(store, 'append').mockRejectedValue(new Error('away'));
    await alarm.pass(3);
    expect(receiver.numbers()).toEqual([1, 1]);
    read.mockRestore();
    append.mockRestore();
    await alarm.pass(5);
    await settled();
    await until(() => receiver.numbers().length === 4);
    expect(receiver.numbers()).toEqual([1, 1, 2, 3]);
  });
});
