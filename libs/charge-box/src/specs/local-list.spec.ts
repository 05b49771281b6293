import type { ChargeBoxEvent, ListEntry, OperatorMessage } from '../index';
import { nextListChunk } from '../index';
import { decidedFor, noon, registered, secondsAfterNoon, stateAfter } from '@app/testing';

// How a box comes to the local list that is wanted. Cannot see: boxes that confirm what they did not take.

const entry = (place: number): ListEntry => ({ idTag: `T${place}`, idTagInfo: { status: 'Accepted' } });
const all = Array.from({ length: 5 }, (_, place) => entry(place));

/** Plays the saga and the box: each answer is the status that the box gives to the next part, or `silence`. */
function converge(answers: readonly string[], before: readonly ChargeBoxEvent[] = wanted()) {
  let events = before;
  const tell = (message: OperatorMessage) => {
    const decision = decidedFor(message, stateAfter(events));
    if (decision.outcome === 'refused') throw new Error(decision.reason);
    events = [...events, ...decision.events];
  };
  const parts: string[] = [];
  for (const [place, status] of answers.entries()) {
    const next = nextListChunk(stateAfter(events));
    if (next === undefined) break;
    const callId = `c${events.length}-${place}`;
    const entries = all.slice(next.from, next.to);
    tell({ kind: 'send-list-chunk', ...next, entries, callId, expiresAt: secondsAfterNoon(86_400), at: noon });
    const { request } = stateAfter(events).waiting[0] as { request: { updateType: string; listVersion: number } };
    parts.push(`${request.updateType} ${request.listVersion} ${next.from}-${next.to}`);
    expect(nextListChunk(stateAfter(events))).toBeUndefined();
    tell({ kind: 'send', callId, url: 'u', messageId: 'm', respondBy: secondsAfterNoon(120), at: noon });
    const outcome =
      status === 'silence'
        ? { kind: 'failed', reason: 'fault', detail: 'No.' }
        : { kind: 'answered', response: { status } };
    tell({ kind: 'settle', callId, outcome, at: noon } as OperatorMessage);
  }
  return { parts, events, list: stateAfter(events).wantedList };
}
function wanted(entries = 5, before: readonly ChargeBoxEvent[] = [registered]): readonly ChargeBoxEvent[] {
  const message = { kind: 'want-local-list', listId: 'L', entries, chunk: 2, at: noon } as const;
  const decision = decidedFor(message, stateAfter(before));
  return [...before, ...(decision.outcome === 'done' ? decision.events : [])];
}
const versionRead = (listVersion: number): ChargeBoxEvent => ({
  type: 'LocalListVersionRead',
  data: { callId: 'v', listVersion, at: noon },
});
const yes = Array.from({ length: 20 }, () => 'Accepted');

describe('a wanted local list', () => {
  it('goes out whole first and then in parts, one at a time, until the box has confirmed the last', () => {
    const { parts, list, events } = converge(yes);
    expect(parts).toEqual(['Full 1 0-2', 'Differential 2 2-4', 'Differential 3 4-5']);
    expect(list).toMatchObject({ confirmed: 3 });
    expect(events.at(-1)).toMatchObject({ type: 'LocalListConfirmed', data: { listVersion: 3 } });
  });

  it.each(['waits', 'is sent'])('is never confirmed by a part of the former one that %s', (how) => {
    let events = wanted();
    const tell = (message: OperatorMessage) => {
      const decision = decidedFor(message, stateAfter(events));
      events = [...events, ...(decision.outcome === 'done' ? decision.events : [])];
    };
    const entries = all.slice(0, 2);
    tell({
      kind: 'send-list-chunk',
      listId: 'L',
      from: 0,
      entries,
      callId: 'old',
      expiresAt: secondsAfterNoon(86_400),
      at: noon,
    });
    const send = {
      kind: 'send',
      callId: 'old',
      url: 'u',
      messageId: 'm',
      respondBy: secondsAfterNoon(120),
      at: noon,
    } as const;
    if (how === 'is sent') tell(send);
    tell({ kind: 'want-local-list', listId: 'NEW', entries: 2, chunk: 2, at: noon });
    if (how === 'waits') expect(stateAfter(events).waiting).toEqual([]);
    tell({
      kind: 'settle',
      callId: 'old',
      outcome: { kind: 'answered', response: { status: 'Accepted' } },
      at: noon,
    });
    expect(stateAfter(events).wantedList).toMatchObject({ listId: 'NEW', next: 0, version: 2 });
    expect(stateAfter(events).wantedList?.confirmed).toBeUndefined();
    expect(nextListChunk(stateAfter(events))).toEqual({ listId: 'NEW', from: 0, to: 2 });
  });

  it('that is empty is one message', () => {
    expect(converge(yes, wanted(0)).parts).toEqual(['Full 1 0-0']);
  });

  it('begins above the version that the box has', () => {
    expect(converge(yes, wanted(2, [registered, versionRead(41)])).parts).toEqual(['Full 42 0-2']);
    expect(converge(yes, wanted(2, [registered, versionRead(-1)])).parts).toEqual(['Full 1 0-2']);
  });

  it.each(['VersionMismatch', 'HashError', 'Failed', 'silence'])(
    'begins anew after %s, under a new version',
    (status) => {
      expect(converge(['Accepted', status, ...yes]).parts).toEqual([
        'Full 1 0-2',
        'Differential 2 2-4',
        'Full 3 0-2',
        'Differential 4 2-4',
        'Differential 5 4-5',
      ]);
    },
  );

  it('is given up when the box keeps no list, and after the fifth failure', () => {
    expect(converge(['NotSupported', ...yes])).toMatchObject({
      parts: ['Full 1 0-2'],
      list: { givenUp: 'The charge box keeps no local list.' },
    });
    for (const status of ['VersionMismatch', 'silence']) {
      const { parts, list } = converge(Array.from({ length: 9 }, () => status));
      expect([parts.length, typeof list?.givenUp]).toEqual([5, 'string']);
    }
  });

  it('goes out again when the box turns out to have another version', () => {
    const { events } = converge(yes);
    expect(nextListChunk(stateAfter([...events, versionRead(3)]))).toBeUndefined();
    expect(converge(yes, [...events, versionRead(0)]).parts[0]).toBe('Full 5 0-2');
  });

  it('is replaced by the next', () => {
    const { events } = converge(['Accepted']);
    const next = converge(yes, wanted(1, events));
    expect(next.parts).toEqual(['Full 3 0-1']);
  });

  it('is for accepted boxes', () => {
    expect(
      decidedFor({ kind: 'want-local-list', listId: 'L', entries: 1, chunk: 1, at: noon }, stateAfter([])),
    ).toMatchObject({ outcome: 'refused' });
  });
});
