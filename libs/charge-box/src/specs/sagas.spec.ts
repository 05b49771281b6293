import type { ChargeBoxEvent, Task } from '../index';
import { sagas, sagaTypes, tasksOf } from '../index';
import { noon, secondsAfterNoon } from '@app/testing';
import { assert, constantFrom, property, array, record } from 'fast-check';

// The to-do lists as they follow from events. Cannot see: whether somebody does what falls due.

const call = (callId: string, more: object = {}) => ({ callId, at: noon, ...more });
const event = (type: string, data: object) => ({ type, data }) as unknown as ChargeBoxEvent;
const scheduled = (callId: string, more: object = {}) =>
  event('OperationScheduled', call(callId, { expiresAt: secondsAfterNoon(3_600), ...more }));

function listAfter(events: readonly ChargeBoxEvent[], identity = 'BOX'): Map<string, Task> {
  const list = new Map<string, Task>();
  for (const { key, task } of events.flatMap((each) => tasksOf(each, identity))) {
    list.delete(key);
    if (task !== undefined) list.set(key, task);
  }
  return list;
}
const onTheList = (...events: readonly ChargeBoxEvent[]) =>
  [...listAfter(events)].map(([key, { dueAt, work }]) => [key.split(' ')[0], dueAt, work.kind]).sort();

describe('the to-do lists', () => {
  it('have an operation to send and its time to live', () => {
    expect(onTheList(scheduled('a'))).toEqual([
      ['dispatch', noon, 'dispatch'],
      ['time-to-live', secondsAfterNoon(3_600), 'expire'],
    ]);
    expect(onTheList(scheduled('a', { notBefore: secondsAfterNoon(60) }))[0]).toEqual([
      'dispatch',
      secondsAfterNoon(60),
      'dispatch',
    ]);
  });

  it('have the answer of a sent operation, and its next attempt when it was put off', () => {
    const sent = event('OperationSent', call('a', { respondBy: secondsAfterNoon(120) }));
    const deferred = event('OperationDeferred', call('a', { retryAt: secondsAfterNoon(30) }));
    expect(onTheList(scheduled('a'), sent)).toEqual([
      ['answer-deadline', secondsAfterNoon(120), 'expire'],
      ['time-to-live', secondsAfterNoon(3_600), 'expire'],
    ]);
    expect(onTheList(scheduled('a'), sent, deferred)).toEqual([
      ['dispatch', secondsAfterNoon(30), 'dispatch'],
      ['time-to-live', secondsAfterNoon(3_600), 'expire'],
    ]);
  });

  it('have the deadline of a delegated request until it is settled; a box that hangs up does not settle it', () => {
    const delegated = event('RequestDelegated', { msgId: 'm', respondBy: secondsAfterNoon(120) });
    const interrupted = (reason: string) => event('RequestInterrupted', { msgId: 'm', reason });
    expect(onTheList(delegated, interrupted('hung-up'))).toHaveLength(1);
    for (const end of [
      event('RequestAnswered', { msgId: 'm' }),
      event('RequestExpired', { msgId: 'm' }),
      interrupted('restarted'),
    ])
      expect(onTheList(delegated, end)).toEqual([]);
  });

  it('have the end of a reservation, in UTC', () => {
    const made = event('ReservationMade', { reservationId: 5, expiryDate: '2026-03-01T14:00:00+02:00' });
    expect(onTheList(made)).toEqual([['reservation-expiry', noon, 'expire-reservation']]);
    for (const type of ['ReservationEnded', 'ReservationUsed'])
      expect(onTheList(made, event(type, { reservationId: 5 }))).toEqual([]);
  });

  it('tell boxes apart', () => {
    const keys = ['ONE', 'OTHER'].flatMap((identity) => [...listAfter([scheduled('a')], identity).keys()]);
    expect(new Set(keys).size).toBe(4);
  });

  it('fail on an event that is not what its type says', () => {
    expect(() => tasksOf(event('ReservationMade', { reservationId: 1, expiryDate: 'never' }), 'BOX')).toThrow(
      RangeError,
    );
  });

  it('name every type that they react to', () => {
    expect(new Set(sagaTypes)).toEqual(new Set(sagas.flatMap(({ on }) => Object.keys(on))));
  });

  it('hold nothing of an operation that is over, whatever happened before', () => {
    const step = record({
      type: constantFrom('OperationScheduled', 'OperationSent', 'OperationDeferred'),
      callId: constantFrom('a', 'b'),
    });
    const end = constantFrom('OperationAnswered', 'OperationFaulted', 'OperationExpired', 'OperationCancelled');
    assert(
      property(array(step), end, (steps, last) => {
        const times = { expiresAt: noon, respondBy: noon, retryAt: noon };
        const events = steps.map(({ type, callId }) => event(type, call(callId, times)));
        // Cancelling and expiring come before sending, or after; an answer only after.
        const sent = last === 'OperationCancelled' ? [] : [event('OperationSent', call('a', times))];
        const isOpen =
          last === 'OperationCancelled' && steps.some(({ type, callId }) => callId === 'a' && type === 'OperationSent');
        if (isOpen) return;
        const keys = [...listAfter([...events, ...sent, event(last, call('a'))]).keys()];
        expect(keys.filter((key) => key.includes(' a '))).toEqual([]);
      }),
    );
  });
});
