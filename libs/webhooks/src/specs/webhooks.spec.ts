import type { EventStore } from '@app/kernel';
import { atWork, happen, made, origin, secret, settings } from './at-work';

// What operators do with webhooks, and what they see of them.

const everythingIn = async (store: EventStore) => JSON.stringify((await store.readAll({ limit: 10_000 })).events);

describe('the secret of a webhook', () => {
  it('is made and shown once where none is given', async () => {
    const { store, webhooks } = atWork();
    const created = await webhooks.create({ ...settings, secret: undefined }, origin);
    const shown = created.outcome === 'done' ? (created.secret ?? '') : '';
    expect(shown).toMatch(/^[\w-]{43}$/);
    expect(JSON.stringify(await webhooks.list())).not.toContain(shown);
    expect(await everythingIn(store)).not.toContain(shown);
  });

  it('is not shown where it was given', async () => {
    const { store, webhooks } = atWork();
    const created = await webhooks.create(settings, origin);
    expect(created).not.toHaveProperty('secret');
    expect(JSON.stringify([created, await webhooks.list()])).not.toContain('secret');
    expect(await everythingIn(store)).not.toContain(secret);
  });

  it('can be changed, by one that is given or one that is made', async () => {
    const { store, webhooks, receiver, alarm } = atWork();
    const id = await made(webhooks);
    const signatures = new Set<string | undefined>();
    for (const next of [undefined, 'another secret for it', null]) {
      const changed = await webhooks.change(id, { secret: next, note: 'n' }, origin);
      expect(changed.outcome === 'done' && changed.secret !== undefined).toBe(next === null);
      await alarm.pass(0);
      await happen(store, 'A', 1);
      await alarm.pass(0);
      signatures.add(receiver.got.at(-1)?.headers['Webhook-Signature']);
    }
    expect(signatures.size).toBe(3);
  });

  it('needs a key that all instances have', async () => {
    const { webhooks } = atWork({ seal: undefined });
    expect(await webhooks.create(settings, origin)).toMatchObject({
      outcome: 'refused',
      reason: expect.stringContaining('CHAIN_KEY') as string,
    });
    expect(await webhooks.list()).toEqual([]);
  });
});

describe('a webhook', () => {
  it('is shown as it is', async () => {
    const { webhooks } = atWork();
    const id = await made(webhooks, { filter: { type: ['ChargeBoxBooted'] }, note: 'for the billing' });
    expect(await webhooks.find(id)).toEqual({
      id,
      url: 'https://example.com/hook',
      filter: { type: ['ChargeBoxBooted'] },
      idTags: 'masked',
      active: true,
      note: 'for the billing',
      createdAt: '2026-03-01T12:00:00.000Z',
      changedAt: '2026-03-01T12:00:00.000Z',
      position: expect.any(String) as string,
      behind: [],
    });
  });

  it('keeps what a change does not name', async () => {
    const { webhooks, alarm } = atWork();
    const id = await made(webhooks, { filter: { identity: 'A' }, note: 'one' });
    await alarm.pass(60);
    await webhooks.change(id, { note: null, idTags: 'clear' }, origin);
    const row = await webhooks.find(id);
    expect(row).toMatchObject({ filter: { identity: 'A' }, idTags: 'clear', url: 'https://example.com/hook' });
    expect(row).not.toHaveProperty('note');
    expect([row?.createdAt, row?.changedAt]).toEqual(['2026-03-01T12:00:00.000Z', '2026-03-01T12:01:00.000Z']);
  });

  it('that is not active is told nothing, and later what it missed', async () => {
    const { store, webhooks, receiver, alarm } = atWork();
    const id = await made(webhooks, { active: false });
    await happen(store, 'A', 1);
    await alarm.pass(10);
    expect(receiver.got).toEqual([]);
    await webhooks.change(id, { active: true }, origin);
    await alarm.pass(0);
    expect(receiver.numbers()).toEqual([1]);
  });

  it('that was removed is told no more', async () => {
    const { store, webhooks, receiver, alarm } = atWork();
    const id = await made(webhooks);
    await webhooks.remove(id, origin);
    await happen(store, 'A', 1);
    await alarm.pass(10);
    expect([receiver.got, await webhooks.list(), await webhooks.find(id)]).toEqual([[], [], undefined]);
  });

  it('has its changes on record, with who made them', async () => {
    const { store, webhooks } = atWork();
    await made(webhooks);
    const { events } = await store.readStream('webhooks', { limit: 10 });
    expect(events).toMatchObject([
      {
        type: 'WebhookSaved',
        metadata: { actor: 'operator', correlationId: 'r-1', remoteAddress: '192.0.2.1', schema: 1 },
      },
    ]);
  });

  it('is refused where its address may not be called, or its place is not there yet', async () => {
    const { webhooks, another } = atWork();
    const careful = another({ faultOf: (url) => (url.includes('bad') ? 'It may not be called.' : undefined) });
    const bad = { outcome: 'invalid', path: 'url', message: 'It may not be called.' };
    expect(await careful.create({ ...settings, url: 'https://bad.example' }, origin)).toEqual(bad);
    const id = await made(careful);
    expect(await careful.change(id, { url: 'https://bad.example' }, origin)).toEqual(bad);
    expect(await webhooks.create({ ...settings, from: '9999999999999999' }, origin)).toMatchObject({
      outcome: 'invalid',
      path: 'from',
    });
  });

  it('is one of so many', async () => {
    const { webhooks } = atWork({ limits: { webhooks: 2 } });
    await made(webhooks);
    const id = await made(webhooks);
    expect(await webhooks.create(settings, origin)).toMatchObject({
      outcome: 'refused',
      reason: 'There are 2 webhooks, which is the most.',
    });
    expect(await webhooks.change(id, { note: 'n' }, origin)).toMatchObject({ outcome: 'done' });
  });

  it('that another instance removes meanwhile does not come back by a change', async () => {
    const { store, webhooks, another } = atWork({ shared: true });
    const id = await made(webhooks);
    const append = store.append.bind(store);
    const spy = jest.spyOn(store, 'append').mockImplementationOnce(async (...change) => {
      spy.mockRestore();
      await another({}, 'B/1').remove(id, origin);
      return append(...change);
    });
    const { from: _from, ...whole } = settings;
    expect(await webhooks.change(id, whole, origin)).toEqual({ outcome: 'unknown' });
    expect(await webhooks.list()).toEqual([]);
  });

  it('that there is not cannot be changed or removed', async () => {
    const { webhooks } = atWork();
    expect(await webhooks.change('nobody', { active: false }, origin)).toEqual({ outcome: 'unknown' });
    expect(await webhooks.remove('nobody', origin)).toEqual({ outcome: 'unknown' });
    expect(await webhooks.find('nobody')).toBeUndefined();
  });
});
