import { snapshotStream } from '@app/charge-box';
import { openInMemoryStore } from '@app/event-store';
import { statsOf } from '../stats';
import { at, dressed, identityOf, live } from './a-life';

it('a history is counted by type, box and day, with its ends', async () => {
  const store = openInMemoryStore();
  await live(store, [
    { box: 0, kind: 'start', session: 1 },
    { box: 1, kind: 'reading', session: 1 },
    { box: 1, kind: 'reading', session: 2 },
  ]);
  await store.append(snapshotStream(identityOf(0)), [dressed({ type: 'SnapshotTaken', data: {} }, 9_000)], 'any');
  const stats = await statsOf(store, { boxes: 1 });
  expect(stats).toMatchObject({
    events: 5,
    streams: 4,
    boxes: 2,
    snapshots: 1,
    first: { type: 'IdTagSaved', position: '0000000000000001', receivedAt: at(0) },
    last: { type: 'SnapshotTaken', receivedAt: at(9_000) },
    largestBoxes: [{ identity: expect.any(String) as string, events: 2 }],
    days: [
      { day: '2026-03-01', events: 4 },
      { day: '2026-03-02', events: 1 },
    ],
  });
  expect(stats.types[0]).toMatchObject({ type: 'MeterValuesReported', events: 2 });
  const sum = (amounts: readonly { characters: number }[]) =>
    amounts.reduce((all, { characters }) => all + characters, 0);
  expect(sum(stats.types)).toBe(stats.characters);
  expect(sum(stats.days)).toBe(stats.characters);
});

it('an empty history has neither ends nor anything else', async () => {
  expect(await statsOf(openInMemoryStore(), { boxes: 5 })).toEqual({
    events: 0,
    characters: 0,
    streams: 0,
    boxes: 0,
    snapshots: 0,
    types: [],
    largestBoxes: [],
    days: [],
  });
});
