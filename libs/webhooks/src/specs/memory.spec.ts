import { stateStream } from '@app/charge-box';
import { Memory } from '../memory';
import { atWork, happen, made, ok, status } from './at-work';

// What all webhooks together keep in memory. What one keeps is in courier.spec.ts.

const keptCharacters = 6_000;
const hooks = Array.from({ length: 6 }, (_, place) => `https://example.com/${place}`);
const boxes = Array.from({ length: 20 }, (_, place) => `B${place}`);
const numbers = [0, 1, 2, 3, 4, 5];

it('is bounded over all webhooks that are behind, and nothing is lost by that', async () => {
  const parallel = 2;
  const { store, webhooks, receiver, alarm } = atWork({ limits: { keptCharacters, parallel, attempts: 99 } });
  for (const url of hooks) await made(webhooks, { url });
  const kept: number[] = [];
  receiver.answer = () => (kept.push(webhooks.kept), status(503));
  for (const n of numbers) for (const box of boxes) await happen(store, box, n);
  await alarm.pass(1);
  expect(webhooks.waiting).toBe(hooks.length * boxes.length);
  receiver.answer = () => (kept.push(webhooks.kept), ok);
  receiver.got.length = 0;
  await alarm.pass(300);
  const largest = Math.max(...receiver.got.map(({ body }) => body.length));
  // Each attempt has its event, whatever else is kept.
  expect(Math.max(...kept)).toBeLessThanOrEqual(keptCharacters + hooks.length * parallel * largest);
  expect(Math.max(...kept)).toBeGreaterThan(keptCharacters / 2);
  for (const url of hooks)
    for (const box of boxes) {
      const told = receiver.got.filter((each) => each.url === url && each.event.stream === stateStream(box));
      expect(told.map(({ event }) => event.data.n)).toEqual(numbers);
    }
  expect([webhooks.waiting, webhooks.kept]).toEqual([0, 0]);
  await webhooks.stop();
});

it('is given back by a webhook that is switched off while it is behind', async () => {
  const { store, webhooks, receiver, alarm } = atWork({ limits: { attempts: 99 } });
  const id = await made(webhooks);
  receiver.answer = () => status(503);
  for (const box of boxes) await happen(store, box, 0);
  await alarm.pass(1);
  expect(webhooks.kept).toBeGreaterThan(0);
  await webhooks.change(id, { active: false }, { requestId: 'r-2', remoteAddress: '192.0.2.1' });
  await alarm.pass(1);
  expect(webhooks.kept).toBe(0);
  await webhooks.stop();
});

it('is no room that one webhook takes from the others', () => {
  const memory = new Memory(100);
  memory.count(50);
  expect([memory.roomBeside(50), memory.roomBeside(0)]).toEqual([0, 50]);
});
