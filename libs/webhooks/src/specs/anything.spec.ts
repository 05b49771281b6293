import type { Send } from '../delivery';
import { webhookDefaults } from '../settings';
import { atWork, happen, made, ok, status } from './at-work';
import { FakeAlarm } from './fake-alarm';
import fc from 'fast-check';

// Whatever fails and whenever the service is killed or stopped: every event is told, and those of a box in order. Cannot see: dead letters.

const boxes = ['A', 'B', 'C', 'D'] as const;
const step = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('happens' as const), box: fc.constantFrom(...boxes) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('time' as const), seconds: fc.constantFrom(0, 0.4, 1, 3) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('fails' as const), boxes: fc.subarray([...boxes]) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('killed' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('stopped' as const) }) },
);
const limits = {
  ...webhookDefaults,
  retryAfter: 1_000,
  attempts: 1_000,
  longestRetry: 2_000,
  keptEvents: 2,
  behind: 3,
};

it('every event is told, and those of a box in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
      const work = atWork();
      let failing: readonly string[] = [];
      work.receiver.answer = ({ event }) =>
        failing.some((box) => event.stream === `chargeBox-${box}`) ? status(503) : ok;
      const begin = () => {
        const alarm = new FakeAlarm();
        const life = { isOver: false };
        const send: Send = (post) => (life.isOver ? new Promise(() => undefined) : work.receiver.send(post));
        return { alarm, life, webhooks: work.another({ alarm, send, limits }) };
      };
      let now = begin();
      await made(now.webhooks);
      const happened: Record<string, number[]> = { A: [], B: [], C: [], D: [] };
      for (const [n, what] of steps.entries()) {
        if (what.kind === 'happens') {
          happened[what.box]?.push(n);
          await happen(work.store, what.box, n);
        } else if (what.kind === 'time') await now.alarm.pass(what.seconds);
        else if (what.kind === 'fails') failing = what.boxes;
        else {
          if (what.kind === 'stopped') await now.webhooks.stop();
          now.life.isOver = true;
          now = begin();
          await now.webhooks.start();
        }
      }
      failing = [];
      await now.alarm.pass(60);
      for (const box of boxes) {
        const told = [...new Set(work.receiver.numbers(box))];
        expect([box, told]).toEqual([box, happened[box]]);
      }
      expect(now.webhooks.waiting).toBe(0);
    }),
    { numRuns: 60 },
  );
}, 240_000);
