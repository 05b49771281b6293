import type { ChargeBoxEvent, CountedQuirk } from '../index';
import { noteQuirks } from '../index';
import { noon, registered, secondsAfterNoon, stateAfter } from '@app/testing';

const noFrom = { name: 'no-from' };
const late = { name: 'action-mismatch', text: '/Late' };
const heartbeat: ChargeBoxEvent = { type: 'HeartbeatReceived', data: { at: noon } };
const authorized: ChargeBoxEvent = {
  type: 'IdTagAuthorized',
  data: { idTag: 'CARD', idTagInfo: { status: 'Accepted' }, at: noon },
};

/** Requests one after the other, each with its deviations and the second in which it came; what is noted of them, and when. */
function noted(...requests: readonly (readonly [second: number, ...quirks: readonly { readonly name: string }[]])[]) {
  let box = stateAfter([registered]);
  let counted: readonly CountedQuirk[] = [];
  const notes: string[] = [];
  for (const [second, ...quirks] of requests) {
    const request = { quirks, events: [heartbeat], at: secondsAfterNoon(second) };
    const outcome = noteQuirks(box, counted, request);
    ({ counted } = outcome);
    for (const event of outcome.events.slice(1)) {
      if (event.type !== 'QuirksNoted') throw new Error(event.type);
      notes.push(`${second}: ${event.data.quirks.map(({ name, count }) => `${name} ${count}`).join(', ')}`);
    }
    box = stateAfter(outcome.events, box);
  }
  return notes;
}

describe('deviations of requests that leave no event', () => {
  it('are noted when they are new to the box', () => {
    expect(noted([0, noFrom], [1, late], [2, noFrom, late])).toEqual(['0: no-from 1', '1: action-mismatch 1']);
  });

  it('are noted again an hour later, with how often they were seen since', () => {
    expect(noted([0, noFrom], [300, noFrom], [3_599, noFrom], [3_600, noFrom], [3_900, noFrom])).toEqual([
      '0: no-from 1',
      '3600: no-from 3',
    ]);
  });

  it('are noted together, so that many names make no more notes', () => {
    expect(noted([0, noFrom], [10, noFrom], [20, late], [3_610, noFrom], [3_620, noFrom, late])).toEqual([
      '0: no-from 1',
      '20: no-from 1, action-mismatch 1',
      '3620: no-from 2, action-mismatch 1',
    ]);
  });

  it('keep the path and the text that were last', () => {
    const last = { ...late, path: 'a', text: '/Later' };
    const request = { quirks: [late, last], events: [], at: noon };
    expect(noteQuirks(stateAfter([registered]), [], request).events).toEqual([
      { type: 'QuirksNoted', data: { quirks: [{ ...last, count: 2 }], at: noon } },
    ]);
  });
});

describe('deviations are not noted', () => {
  it.each([
    ['when an event that is kept tells them', [registered], [authorized]],
    ['of strangers', [], []],
    ['of whom the operator rejected', [{ ...registered, data: { ...registered.data, registration: 'Rejected' } }], []],
  ])('%s', (_when, before, events) => {
    const outcome = noteQuirks(stateAfter(before as ChargeBoxEvent[]), [], { quirks: [noFrom], events, at: noon });
    expect(outcome).toEqual({ events, counted: [] });
  });
});
