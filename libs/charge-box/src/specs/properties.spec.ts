import type { ChargeBoxEvent } from '../index';
import { decide, evolve, initialState, limits, streamOf } from '../index';
import { frozen, registered, secondsAfterNoon, stateAfter, usualFacts } from '@app/testing';
import fc from 'fast-check';

interface Sent {
  readonly operation: 'StartTransaction' | 'StopTransaction' | 'MeterValues';
  readonly session: number;
}

const at = secondsAfterNoon(100_000);

/** Plays requests, each with the transaction id that its session was answered, as a box would. */
function play(sent: readonly Sent[]): readonly ChargeBoxEvent[] {
  const events: ChargeBoxEvent[] = [registered];
  const ids = new Map<number, number>();
  let state = stateAfter(events);
  let newTransactionId = 1;
  for (const { operation, session } of sent) {
    const transactionId = ids.get(session) ?? -1 - session;
    const request = {
      StartTransaction: {
        connectorId: 1 + (session % 3),
        idTag: 'CARD',
        timestamp: secondsAfterNoon(session * 100),
        meterStart: session * 1_000,
      },
      StopTransaction: {
        transactionId,
        timestamp: secondsAfterNoon(session * 100 + 90),
        meterStop: session * 1_000 + 500,
      },
      MeterValues: {
        connectorId: 1 + (session % 3),
        transactionId,
        values: [{ timestamp: secondsAfterNoon(session * 100 + 50), value: [{ value: String(session) }] }],
      },
    }[operation];
    const message = { kind: 'request' as const, operation, request, origin: { at } };
    const decision = decide(message, frozen(state), { ...usualFacts, newTransactionId });
    if ('response' in decision.answer && 'transactionId' in decision.answer.response)
      ids.set(session, decision.answer.response.transactionId);
    if (decision.events.some(({ type }) => type === 'TransactionStarted')) newTransactionId += 1;
    events.push(...decision.events);
    state = decision.events.reduce((box, event) => evolve(box, event), state);
  }
  return events;
}

const steps = ['StartTransaction', 'MeterValues', 'StopTransaction'] as const;

/** Sessions in order, every message sent one to four times, repetitions anywhere after the first time. */
const withRepeats = fc
  .array(fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3)), { minLength: 1, maxLength: 6 })
  .chain((sessions) =>
    fc.infiniteStream(fc.nat(1_000)).map((places): readonly Sent[] => {
      const line: Sent[] = sessions.flatMap((_, session) => steps.map((operation) => ({ operation, session })));
      sessions.forEach((repeats, session) =>
        steps.forEach((operation, step) => {
          for (let count = 0; count < (repeats[step] ?? 0); count += 1) {
            const first = line.findIndex((sent) => sent.session === session && sent.operation === operation);
            line.splice(first + 1 + (Number(places.next().value) % (line.length - first)), 0, { operation, session });
          }
        }),
      );
      return line;
    }),
  );

const countOf = (events: readonly ChargeBoxEvent[], type: ChargeBoxEvent['type']) =>
  events.filter((event) => event.type === type).length;

describe('any interleaving of repeated requests', () => {
  it('leaves one transaction, one stop and one set of meter values for each session', () => {
    fc.assert(
      fc.property(withRepeats, (sent) => {
        const sessions = new Set(sent.map(({ session }) => session)).size;
        const events = play(sent);
        expect(countOf(events, 'TransactionStarted')).toBe(sessions);
        expect(countOf(events, 'TransactionStopped')).toBe(sessions);
        expect(countOf(events, 'MeterValuesReported')).toBe(sessions);
        expect(countOf(events, 'OrphanStopReceived')).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it('is remembered the same when the streams are read back one after the other', () => {
    const anyOrder = fc.array(fc.record({ operation: fc.constantFrom(...steps), session: fc.nat(5) }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(anyOrder, (sent) => {
        const events = play(sent);
        const apart = [
          ...events.filter(({ type }) => streamOf(type) === 'state'),
          ...events.filter(({ type }) => streamOf(type) === 'telemetry'),
        ];
        expect(stateAfter(apart)).toEqual(stateAfter(events));
      }),
      { numRuns: 200 },
    );
  });
});

describe('the memory of a box', () => {
  it('is bounded, however long it lives', () => {
    const long: Sent[] = Array.from({ length: 1_500 }, (_, session) => session).flatMap((session): Sent[] => [
      { operation: 'StartTransaction', session },
      { operation: 'MeterValues', session },
      { operation: 'StopTransaction', session: session % 2 === 0 ? session : session + 10_000 },
    ]);
    const state = stateAfter(play(long));
    expect(state.open.length).toBe(limits.open);
    expect(state.ended.length).toBe(limits.ended);
    expect(state.orphans.length).toBe(limits.orphans);
    expect(state.telemetry.length).toBe(limits.telemetry);
    expect(JSON.stringify(state).length).toBeLessThan(400_000);
  });

  it('survives JSON', () => {
    const state = stateAfter(
      play([
        { operation: 'StartTransaction', session: 1 },
        { operation: 'MeterValues', session: 1 },
      ]),
    );
    expect(JSON.parse(JSON.stringify(state))).toEqual(state);
  });
});

describe('a decision', () => {
  const text = fc.oneof(
    fc.string(),
    fc.constantFrom('__proto__', 'constructor', '', '-1', '2026-02-30T00:00:00Z', '2026-01-01T00:00:00'),
  );
  const whole = fc.integer({ min: -2_147_483_648, max: 2_147_483_647 });

  it('is made for any request, and never changes what it is given', () => {
    const start = fc.record({
      connectorId: whole,
      idTag: text,
      timestamp: fc.option(text, { nil: undefined }),
      meterStart: fc.option(whole, { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(start, { maxLength: 8 }), (starts) => {
        let state = stateAfter([registered]);
        for (const request of starts) {
          const message = frozen({
            kind: 'request' as const,
            operation: 'StartTransaction' as const,
            request,
            origin: { at },
          });
          const { answer, events } = decide(message, frozen(state), usualFacts);
          expect(answer).toMatchObject({ response: { transactionId: 7 } });
          state = stateAfter(events, state);
        }
      }),
    );
    expect(initialState.open).toEqual([]);
  });
});
