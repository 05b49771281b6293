import { deadLetterStream, heartbeatStream } from '@app/charge-box';
import { atWork, happen, made, ok, origin, record, status } from './at-work';

// The dead letters, and what becomes of them.

async function withDeadLetters(numbers: readonly number[], limits: { readonly deadLetters?: number } = {}) {
  const work = atWork({ limits });
  const id = await made(work.webhooks);
  work.receiver.answer = () => status(400);
  for (const n of numbers) await happen(work.store, 'A', n);
  await work.alarm.pass(0);
  work.receiver.got.length = 0;
  work.receiver.answer = () => ok;
  const letters = (await work.webhooks.deadLetters(id)) ?? [];
  return { ...work, id, letters };
}

describe('dead letters', () => {
  it('are listed newest first, and delivered one by one with the ids that they had', async () => {
    const { webhooks, receiver, alarm, id, letters } = await withDeadLetters([1, 2, 3]);
    const deliveryId = letters[1]?.deliveryId ?? '';
    expect(await webhooks.retry(id, deliveryId, origin)).toMatchObject({ outcome: 'done' });
    await alarm.pass(0);
    expect(receiver.got).toMatchObject([{ event: { data: { n: 2 } }, headers: { 'Webhook-Id': deliveryId } }]);
    expect(receiver.got[0]?.headers['Webhook-Attempt']).toBe('2');
    expect((await webhooks.deadLetters(id))?.map((letter) => letter.deliveryId)).toEqual([
      letters[0]?.deliveryId,
      letters[2]?.deliveryId,
    ]);
  });

  it('are delivered all, oldest first', async () => {
    const { webhooks, receiver, alarm, id } = await withDeadLetters([1, 2, 3]);
    await webhooks.retry(id, undefined, origin);
    await alarm.pass(0);
    expect(receiver.numbers()).toEqual([1, 2, 3]);
    expect(await webhooks.deadLetters(id)).toEqual([]);
  });

  it('come back where the receiver refuses them again, and are not tried by themselves', async () => {
    const { webhooks, receiver, alarm, id } = await withDeadLetters([1]);
    receiver.answer = () => status(500);
    await webhooks.retry(id, undefined, origin);
    await alarm.pass(100);
    expect(receiver.numbers()).toEqual([1]);
    expect(await webhooks.deadLetters(id)).toMatchObject([{ status: 500, attempts: 2, retrying: false }]);
  });

  it('are tried at the next start where there was no time', async () => {
    const { webhooks, another, receiver, alarm, id } = await withDeadLetters([1]);
    await webhooks.stop();
    await webhooks.retry(id, undefined, origin);
    expect(await webhooks.deadLetters(id)).toMatchObject([{ retrying: true }]);
    await another().start();
    await alarm.pass(0);
    expect(receiver.numbers()).toEqual([1]);
  });

  it('are the last ones: the oldest go first', async () => {
    const { store, webhooks, receiver, alarm, id } = await withDeadLetters([1, 2, 3, 4, 5], { deadLetters: 3 });
    await webhooks.retry(id, undefined, origin);
    await alarm.pass(0);
    expect(receiver.numbers()).toEqual([3, 4, 5]);
    receiver.answer = () => status(400);
    for (let n = 6; n < 40; n += 1) await happen(store, 'A', n);
    await alarm.pass(0);
    expect(await webhooks.deadLetters(id)).toHaveLength(3);
    expect((await store.readStream(deadLetterStream(id), { limit: 100 })).events.length).toBeLessThanOrEqual(18);
  });

  it('are not pushed out by what becomes of others', async () => {
    const nine = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    const { webhooks, alarm, id, letters } = await withDeadLetters(nine, { deadLetters: 10 });
    const kept = letters.map(({ deliveryId }) => deliveryId);
    for (const deliveryId of kept.splice(0, 3)) {
      await webhooks.retry(id, deliveryId, origin);
      await alarm.pass(0);
    }
    expect((await webhooks.deadLetters(id))?.map(({ deliveryId }) => deliveryId)).toEqual(kept);
  });

  it('stay, in their order and wanted, however often another one is tried in vain', async () => {
    const { store, webhooks, another, receiver, alarm, id, letters } = await withDeadLetters([1, 2, 3, 4], {
      deadLetters: 4,
    });
    receiver.answer = () => status(400);
    for (let count = 0; count < 60; count += 1) {
      await alarm.pass(1);
      await webhooks.retry(id, letters[1]?.deliveryId, origin);
      await alarm.pass(0);
    }
    const ids = [1, 0, 2, 3].map((place) => letters[place]?.deliveryId);
    expect((await webhooks.deadLetters(id))?.map(({ deliveryId }) => deliveryId)).toEqual(ids);
    expect(await webhooks.deadLetters(id)).toMatchObject([{ attempts: 61 }, { attempts: 1 }, letters[2], letters[3]]);
    expect((await store.readStream(deadLetterStream(id), { limit: 100 })).events.length).toBeLessThanOrEqual(24);
    // Nobody delivers them meanwhile.
    await webhooks.stop();
    await webhooks.retry(id, letters[3]?.deliveryId, origin);
    for (let count = 0; count < 60; count += 1) await webhooks.retry(id, letters[1]?.deliveryId, origin);
    receiver.got.length = 0;
    await another().start();
    await alarm.pass(0);
    expect(receiver.numbers()).toEqual([1, 3]);
  });

  it('hold no data of events, and say so where the log has forgotten one', async () => {
    const work = atWork();
    const id = await made(work.webhooks);
    work.receiver.answer = () => status(400);
    await record(work.store, heartbeatStream('A'), 4711);
    await work.alarm.pass(0);
    const { events } = await work.store.readStream(deadLetterStream(id), { limit: 10 });
    expect(JSON.stringify(events)).not.toContain('4711');
    await work.store.retain(heartbeatStream('A'), { maxCount: 1 });
    await record(work.store, heartbeatStream('A'), 2);
    await work.alarm.pass(0);
    work.receiver.got.length = 0;
    await work.webhooks.retry(id, events[0] && (events[0].data as { deliveryId: string }).deliveryId, origin);
    await work.alarm.pass(0);
    expect(work.receiver.got).toEqual([]);
    expect(await work.webhooks.deadLetters(id)).toContainEqual(expect.objectContaining({ reason: 'forgotten' }));
  });

  it('are refused to be tried where that cannot be', async () => {
    const { webhooks, id, letters } = await withDeadLetters([1]);
    expect(await webhooks.retry('nobody', undefined, origin)).toEqual({ outcome: 'unknown' });
    expect(await webhooks.retry(id, 'nothing', origin)).toEqual({ outcome: 'unknown' });
    expect(await webhooks.deadLetters('nobody')).toBeUndefined();
    await webhooks.change(id, { active: false }, origin);
    expect(await webhooks.retry(id, letters[0]?.deliveryId, origin)).toMatchObject({ outcome: 'refused' });
  });

  it('that tell that the receiver is gone switch the webhook off', async () => {
    const { webhooks, receiver, alarm, id } = await withDeadLetters([1, 2]);
    receiver.answer = () => status(410);
    await webhooks.retry(id, undefined, origin);
    await alarm.pass(5);
    expect((await webhooks.find(id))?.active).toBe(false);
    expect(await webhooks.deadLetters(id)).toHaveLength(2);
  });
});
