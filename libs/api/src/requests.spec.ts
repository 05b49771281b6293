import type { ChargeBoxEvent } from '@app/charge-box';
import type { RequestRow } from '@app/read-models';
import type { Answering } from '@app/charge-box';
import { automaticAnswering } from '@app/runtime';
import type { ListeningApi } from './specs/fake-sides';
import { key, listen, problemOf, violationsOf } from './specs/fake-sides';

// Requests that somebody outside answers, and the feed that offers them. Cannot see: who wins, which the charge box decides.

const noon = Date.parse('2026-03-01T12:00:00.000Z');
let now = noon;
let api: ListeningApi;
const readers: AbortController[] = [];
beforeEach(async () => {
  now = noon;
  api = await listen({ clock: { now: () => now } });
});
afterEach(async () => {
  for (const reader of readers.splice(0)) reader.abort();
  await api.app.close();
});

const row: RequestRow = {
  msgId: 'm1',
  identity: 'CB-1',
  operation: 'Authorize',
  request: { idTag: 'CARD' },
  from: 'http://10.0.0.5/',
  messageId: 'urn:uuid:1',
  heldBy: 'one/1',
  position: '0000000000000007',
  status: 'Pending',
  receivedAt: '2026-03-01T12:00:00.000Z',
  respondBy: '2026-03-01T12:02:00.000Z',
};
const response = '/api/requests/m1/response';
const accepted = { idTagInfo: { status: 'Accepted' } };

describe('a request', () => {
  beforeEach(() => {
    api.sides.conversation.requests = [row];
  });

  it('is listed and shown with the message of a flow', async () => {
    const message = {
      msgId: 'm1',
      msgID: 'm1',
      ocpp: {
        command: 'Authorize',
        chargeBoxIdentity: 'CB-1',
        From: 'http://10.0.0.5/',
        MessageID: 'urn:uuid:1',
        ocppVersion: '1.5',
      },
      payload: { command: 'Authorize', data: { idTag: 'CARD' } },
    };
    expect(await (await api.get('/api/requests?status=Pending&command=Authorize')).json()).toMatchObject({
      rows: [{ message }],
    });
    expect(api.sides.asked.at(-1)).toMatchObject({ filter: { status: 'Pending', command: 'Authorize' } });
    expect(await (await api.get('/api/requests/m1')).json()).toMatchObject({ status: 'Pending', message });
    expect((await api.get('/api/requests/m2')).status).toBe(404);
  });

  it('is answered with the message whose payload is the response', async () => {
    const given = { msgId: 'm1', msgID: 'm1', _msgid: 'x', ocpp: {}, payload: accepted };
    expect((await api.send('POST', `${response}?responder=flow`, given)).status).toBe(200);
    expect(api.sides.told[0]).toMatchObject({
      identity: 'CB-1',
      msgId: 'm1',
      response: accepted,
      origin: { responder: 'flow', actor: 'responder' },
    });
  });

  it('goes on waiting when the answer is not allowed, and every violation is named', async () => {
    const violations = [
      { path: '$.idTagInfo.status', code: 'literal' as const, message: 'x' },
      { path: '$', code: 'type' as const, message: 'y' },
    ];
    api.sides.conversation.answered = { outcome: 'invalid', violations };
    expect(await violationsOf(await api.send('POST', response, { payload: {} }))).toEqual([
      'body payload.idTagInfo.status: literal',
      'body payload: type',
    ]);
  });

  it.each([
    ['m2', { payload: accepted }, 404],
    ['m1', { msgID: 'm2', payload: accepted }, 400],
    ['m1', { msgId: 7, payload: accepted }, 400],
  ])('is not taken for another one: %s %j', async (msgId, body, status) => {
    expect((await api.send('POST', `/api/requests/${msgId}/response`, body)).status).toBe(status);
    expect(api.sides.told).toEqual([]);
  });

  it('that is over refuses answers and claims with the reason', async () => {
    const refused = { outcome: 'refused', reason: 'The request was answered already.' } as const;
    api.sides.conversation.answered = refused;
    api.sides.conversation.claimed = refused;
    for (const [path, body] of [
      [response, { payload: accepted }],
      ['/api/requests/m1/claim', { responder: 'flow' }],
    ] as const)
      expect(await problemOf(await api.send('POST', path, body))).toMatchObject({
        status: 409,
        detail: refused.reason,
      });
  });

  it('is claimed by name', async () => {
    expect((await api.send('POST', '/api/requests/m1/claim', { responder: 'flow' })).status).toBe(200);
    expect(api.sides.told[0]).toMatchObject({ msgId: 'm1', responder: 'flow' });
    expect(await violationsOf(await api.send('POST', '/api/requests/m1/claim', {}))).toEqual([
      'body responder: missing',
    ]);
  });
});

describe('the rules of answering', () => {
  it('are shown and changed whole', async () => {
    expect(await (await api.get('/api/answering')).json()).toEqual(automaticAnswering);
    const rules = {
      answers: { Authorize: 'delegated' },
      respondWithin: { Authorize: 20 },
      offer: 'broadcast',
      lease: 5,
    };
    expect(await (await api.send('PUT', '/api/answering', rules)).json()).toEqual(rules);
    expect(await (await api.send('PUT', '/api/answering', {})).json()).toEqual(automaticAnswering);
  });

  it('are changed in part: what is not named stays', async () => {
    await api.send('PUT', '/api/answering', { answers: { Authorize: 'delegated' }, respondWithin: { Heartbeat: 5 } });
    const patch = { answers: { StopTransaction: 'delegated' }, respondWithin: { Authorize: 20 }, lease: 7 };
    expect(await (await api.send('PATCH', '/api/answering', patch)).json()).toEqual({
      answers: { Authorize: 'delegated', StopTransaction: 'delegated' },
      respondWithin: { Heartbeat: 5, Authorize: 20 },
      offer: 'competing',
      lease: 7,
    });
    const back = { answers: { StopTransaction: null }, respondWithin: { Authorize: null } };
    expect(await (await api.send('PATCH', '/api/answering', back)).json()).toMatchObject({
      answers: { Authorize: 'delegated' },
      respondWithin: { Heartbeat: 5 },
    });
    expect(await violationsOf(await api.send('PATCH', '/api/answering', { lease: 0 }))).toEqual([
      'body lease: too-small',
    ]);
  });

  it.each([
    [{ answers: { Dance: 'delegated' } }, /answers/],
    [{ answers: { Authorize: 'maybe' } }, /answers.Authorize/],
    [{ respondWithin: { Authorize: 0 } }, /respondWithin.Authorize/],
    [{ offer: 'lottery', lease: 0 }, /offer.*lease/],
  ])('%j is refused', async (body, where) => {
    expect((await violationsOf(await api.send('PUT', '/api/answering', body))).join()).toMatch(where);
  });
});

describe('the feed', () => {
  interface Offer {
    readonly event: string;
    readonly id?: string;
    readonly data: { readonly msgId: string };
  }

  /** Follows the feed; what comes is added to the list. */
  async function follow(query = '', headers: Record<string, string> = {}) {
    const reader = new AbortController();
    readers.push(reader);
    const answer = await fetch(`${api.url}/api/requests/feed${query}`, {
      headers: { authorization: `Bearer ${key}`, ...headers },
      signal: reader.signal,
    });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
    const events: Offer[] = [];
    const read = async () => {
      let text = '';
      for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
        const parts = (text + Buffer.from(chunk).toString()).split('\n\n');
        text = parts.pop() ?? '';
        for (const part of parts) if (part.includes('event: ')) events.push(parsed(part));
      }
    };
    const ended = read().catch(() => undefined);
    return { events, ended, leave: () => reader.abort() };
  }
  const parsed = (text: string): Offer => ({
    event: /^event: (.*)$/m.exec(text)?.[1] ?? '',
    ...(/^id: /m.test(text) ? { id: /^id: (.*)$/m.exec(text)?.[1] ?? '' } : {}),
    data: JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? '{}') as Offer['data'],
  });

  let position = 0;
  const record = (type: string, data: object, identity = 'CB-1') => {
    position += 1;
    const event = { type, data } as unknown as ChargeBoxEvent;
    api.sides.conversation.pending.apply(event, identity, String(position).padStart(6, '0'));
  };
  const delegated = (msgId: string, operation = 'Authorize', identity = 'CB-1') =>
    record(
      'RequestDelegated',
      { msgId, operation, request: {}, respondBy: row.respondBy, heldBy: 'h', at: row.receivedAt },
      identity,
    );
  const rules = (more: Partial<Answering>) => {
    api.sides.conversation.answering = { ...automaticAnswering, ...more };
  };
  const until = async (reached: () => boolean) => {
    for (const end = Date.now() + 3_000; !reached() && Date.now() < end;)
      await new Promise((resolve) => setTimeout(resolve, 5));
    expect(reached()).toBe(true);
  };
  const aWhile = () => new Promise((resolve) => setTimeout(resolve, 60));
  const ids = ({ events }: { readonly events: readonly Offer[] }) =>
    events.filter(({ event }) => event === 'request').map(({ data }) => data.msgId);
  /** The charge box grants claims, as the log would tell. */
  const grant = (msgId: string, responder: string, leaseUntil: string) =>
    record('RequestClaimed', { msgId, responder, leaseUntil });

  it('needs the key', async () => {
    expect((await fetch(`${api.url}/api/requests/feed`)).status).toBe(401);
  });

  it('offers what waits, then what comes, and tells when it is over', async () => {
    delegated('m1');
    const reader = await follow('?responder=flow');
    await until(() => reader.events.length === 1);
    delegated('m2');
    await until(() => reader.events.length === 2);
    expect(reader.events[0]).toMatchObject({
      event: 'request',
      id: '000001',
      data: { msgId: 'm1', payload: { command: 'Authorize' } },
    });
    expect(api.sides.told).toMatchObject([
      { msgId: 'm1', responder: 'flow' },
      { msgId: 'm2', responder: 'flow' },
    ]);
    record('RequestAnswered', { msgId: 'm1' });
    await until(() => reader.events.length === 3);
    expect(reader.events[2]).toEqual({ event: 'settled', data: { msgId: 'm1', as: 'answered' } });
  });

  it('offers a request again whose claim failed because the store rested, to who came before and after', async () => {
    api.sides.conversation.failingClaims = 1;
    delegated('m1');
    const reader = await follow('?responder=flow');
    await until(() => ids(reader).includes('m1'));
    api.sides.conversation.failingClaims = 1;
    delegated('m2');
    await until(() => ids(reader).includes('m2'));
    expect(ids(reader)).toEqual(['m1', 'm2']);
  });

  it('is for the operations and boxes that are asked for', async () => {
    const byCommand = await follow('?command=Authorize,Heartbeat');
    const byBox = await follow('?identity=CB-2');
    delegated('m1', 'Authorize');
    delegated('m2', 'StopTransaction', 'CB-2');
    await until(() => byCommand.events.length + byBox.events.length === 2);
    expect([ids(byCommand), ids(byBox)]).toEqual([['m1'], ['m2']]);
    expect(await violationsOf(await api.get('/api/requests/feed?command=Dance'))).toEqual([
      'query command.0: invalid-value',
    ]);
  });

  it('is for several boxes', async () => {
    const reader = await follow('?identity=CB-2&identity=CB-3');
    delegated('m1', 'Authorize', 'CB-1');
    delegated('m2', 'Authorize', 'CB-2');
    delegated('m3', 'Authorize', 'CB-3');
    await until(() => reader.events.length === 2);
    expect(ids(reader)).toEqual(['m2', 'm3']);
  });

  it('shows everything to a responder that wants so, beside those that compete, and once', async () => {
    const watching = await follow('?responder=watcher&offer=broadcast');
    const one = await follow('?responder=one');
    delegated('m1');
    await until(() => [watching, one].flatMap(ids).length === 2);
    grant('m1', 'one', row.respondBy);
    record('RequestReleased', { msgId: 'm1', responder: 'one', reason: 'lease-expired' });
    await aWhile();
    expect(ids(watching)).toEqual(['m1']);
    expect(api.sides.told.filter((told) => 'responder' in told)).toMatchObject([{ responder: 'one' }]);
  });

  it('lets a responder compete where the rule is to tell everybody', async () => {
    rules({ offer: 'broadcast' });
    const readersHere = [await follow('?responder=one&offer=competing'), await follow('?responder=two')];
    delegated('m1');
    await until(() => readersHere.flatMap(ids).length === 2);
    expect(api.sides.told).toMatchObject([{ msgId: 'm1', responder: 'one' }]);
    expect(await violationsOf(await api.get('/api/requests/feed?offer=lottery'))).toEqual([
      'query offer: invalid-value',
    ]);
  });

  it('gives each request to one of those that compete', async () => {
    const readersHere = [await follow('?responder=one'), await follow('?responder=two')];
    for (const msgId of ['m1', 'm2', 'm3', 'm4']) delegated(msgId);
    await until(() => readersHere.flatMap(ids).length === 4);
    await aWhile();
    expect(readersHere.flatMap(ids).sort()).toEqual(['m1', 'm2', 'm3', 'm4']);
    expect(readersHere.map((reader) => ids(reader).length)).toEqual([2, 2]);
  });

  it('offers nothing that the charge box gave to somebody else', async () => {
    api.sides.conversation.claimed = { outcome: 'refused', reason: 'Another responder has the request.' };
    const reader = await follow();
    delegated('m1');
    await until(() => api.sides.told.length === 1);
    await aWhile();
    expect(reader.events).toEqual([]);
  });

  it('gives back what a responder has when it goes, and offers it to the next', async () => {
    const one = await follow('?responder=one');
    delegated('m1');
    await until(() => ids(one).length === 1);
    grant('m1', 'one', row.respondBy);
    const other = await follow('?responder=other');
    await aWhile();
    expect(ids(other)).toEqual([]);
    one.leave();
    await until(() => api.sides.told.some((command) => 'reason' in command));
    expect(api.sides.told.at(-1)).toMatchObject({ msgId: 'm1', responder: 'one', reason: 'disconnected' });
    record('RequestReleased', { msgId: 'm1', responder: 'one', reason: 'disconnected' });
    await until(() => ids(other).length === 1);
  });

  it('gives back what a responder has not answered when its lease is over', async () => {
    const one = await follow('?responder=one');
    delegated('m1');
    await until(() => ids(one).length === 1);
    grant('m1', 'one', new Date(now + 40).toISOString());
    now += 50;
    await until(() => api.sides.told.some((command) => 'reason' in command));
    expect(api.sides.told.at(-1)).toMatchObject({ responder: 'one', reason: 'lease-expired' });
  });

  it('tells everybody when it broadcasts, without claims', async () => {
    rules({ offer: 'broadcast' });
    const both = [await follow(), await follow()];
    delegated('m1');
    await until(() => both.flatMap(ids).length === 2);
    expect(api.sides.told).toEqual([]);
    record('RequestExpired', { msgId: 'm1' });
    await until(() => both.every(({ events }) => events.length === 2));
  });

  it('goes on where a reader left off', async () => {
    rules({ offer: 'broadcast' });
    position = 0;
    for (const msgId of ['m1', 'm2', 'm3']) delegated(msgId);
    const reader = await follow('', { 'last-event-id': '000002' });
    await until(() => reader.events.length > 0);
    await aWhile();
    expect(ids(reader)).toEqual(['m3']);
  });

  it('ends with the service', async () => {
    const reader = await follow();
    await api.app.close();
    expect(await reader.ended).toBeUndefined();
    api = await listen();
  });
});
