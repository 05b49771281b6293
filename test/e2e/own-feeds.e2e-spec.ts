import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RowMessage } from '../../apps/client/src';
import { CentralSystemClient } from '../../apps/client/src';
import { boot, envelope } from '../support/envelopes';
import type { TestService } from '../support/service';
import { apiKey, startTestService } from '../support/service';

// A projection from outside as a feed: snapshot, changes, on where it stopped, over restarts and another version.

const folder = mkdtempSync(join(tmpdir(), 'own-feeds-'));
const sources = mkdtempSync(join(tmpdir(), 'projections-'));
let service: TestService;
const begin = async () => {
  service = await startTestService({ EVENT_STORE: 'embedded', DATA_DIR: folder, PROJECTIONS_DIR: sources });
};
afterAll(async () => {
  await service.stop();
  for (const each of [folder, sources]) rmSync(each, { recursive: true });
});

const write = (version: number) =>
  writeFileSync(
    join(sources, 'boots.cjs'),
    `module.exports = { name: 'boots', version: ${version}, on: {
       ChargeBoxBooted: { keys: (data, { identity }) => [identity], apply: (row) => ({ boots: (row?.boots ?? 0) + ${version} }) },
       RegistrationDecided: { keys: (data, { identity }) => data.registration === 'Rejected' ? [identity] : [], apply: () => undefined },
     } };`,
  );
const bootOf = async (identity: string) =>
  expect((await service.post(envelope({ identity, body: boot }))).status).toBe(200);
const reject = (identity: string) =>
  service.api('PUT', `/api/charge-boxes/${identity}/registration`, { registration: 'Rejected' });

type Message = RowMessage<{ readonly boots: number }>;
const client = () =>
  new CentralSystemClient({ url: `http://127.0.0.1:${service.apiPort}`, key: apiKey, retryAfter: 50 });

/** The messages until one is as wanted; then nobody follows any more. */
async function followUntil(last: (message: Message) => boolean, after?: string): Promise<readonly Message[]> {
  const messages: Message[] = [];
  const options = after === undefined ? {} : { after };
  for await (const message of client().ownFeed<{ readonly boots: number }>('boots', options)) {
    messages.push(message);
    if (last(message)) break;
  }
  return messages;
}
const isEnd = ({ event }: Message) => event === 'caught-up';
const shown = (messages: readonly Message[]) =>
  messages.map((message) => {
    if (message.event === 'row') return `${message.data.key} ${message.data.row.boots}`;
    return message.event === 'removed' ? `${message.data.key} gone` : message.event;
  });
const saysAll = async (boots: string, after?: string) => {
  // The rows are built beside the service: what is stored comes in a moment.
  const messages = await followUntil((message) => shown([message])[0] === boots, after);
  return [shown(messages), messages.at(-1)?.id] as const;
};

it('the rows of a projection from outside are followed like all others', async () => {
  write(1);
  await begin();
  for (const identity of ['A', 'B', 'A']) await bootOf(identity);
  const [first, last] = await saysAll('A 2');
  expect(first.filter((each) => each.startsWith('B'))).toEqual(['B 1']);

  await service.stop();
  await begin();
  await bootOf('C');
  const [second, next] = await saysAll('C 1', last);
  expect(second.filter((each) => each !== 'caught-up')).toEqual(['C 1']);
  await reject('B');
  const [third, gone] = await saysAll('B gone', next);
  expect(third.filter((each) => each !== 'caught-up')).toEqual(['B gone']);

  const { body } = await service.api<{ rows: { name: string }[] }>('GET', '/api/feeds');
  expect(body.rows.find(({ name }) => name === 'boots')).toEqual({
    name: 'boots',
    href: '/api/feeds/boots',
    filters: ['id'],
    columns: [],
    version: 1,
  });
  expect((await service.api('GET', '/api/feeds/nothing')).status).toBe(404);
  expect((await service.api('GET', '/api/feeds/boots?identity=A')).status).toBe(400);

  await service.stop();
  write(2);
  await begin();
  const anew = await followUntil(isEnd, gone);
  expect(anew[0]).toMatchObject({ event: 'reset', data: { reason: expect.stringContaining('version') as string } });
  expect(shown(anew).toSorted()).toEqual(['A 4', 'B gone', 'C 2', 'caught-up', 'reset']);
  const [only] = (await Promise.all([followUntil(isEnd, anew.at(-2)?.id), followUntil(isEnd, anew.at(-1)?.id)])).map(
    shown,
  );
  expect(only).toEqual(['caught-up']);
}, 120_000);

it('who follows a projection that stops is told why', async () => {
  writeFileSync(
    join(sources, 'endless.cjs'),
    `module.exports = { name: 'endless', version: 1, on: { ChargeBoxBooted: {
       keys: (data, { identity }) => [identity], apply: (row, data, { identity }) => { if (identity === 'LOOP') for (;;); return {}; } } } };`,
  );
  await service.stop();
  await begin();
  const until = async (look: () => Promise<boolean>) => {
    while (!(await look())) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  const stateOf = async () => {
    const { body } = await service.api<{ rows: { name?: string; state: string }[] }>('GET', '/api/projections');
    return body.rows.find(({ name }) => name === 'endless')?.state;
  };
  await until(async () => (await stateOf()) === 'running');
  const reasons: unknown[] = [];
  const over = new AbortController();
  const onRetry = (reason: unknown) => {
    reasons.push(reason);
    if (reasons.length === 2) over.abort();
  };
  const following = (async () => {
    const messages: string[] = [];
    for await (const { event } of client().ownFeed('endless', { signal: over.signal, onRetry })) messages.push(event);
    return messages;
  })();
  await bootOf('LOOP');
  await until(async () => (await stateOf()) === 'stopped');
  expect(await following).toContain('caught-up');
  expect(reasons.map(String)).toEqual([
    'Error: The service ended the connection.',
    'Error: The service answered with 503.',
  ]);
  const { body } = await service.api('GET', '/api/feeds/endless');
  expect(body).toMatchObject({ detail: expect.stringContaining('does not go on') as string });
}, 120_000);
