import { openInMemoryStore } from '@app/event-store';
import type { OwnFollowed } from '@app/read-models';
import { followedTables } from '@app/read-models';
import { all, follow, over, running, shown, status } from './at-work';
import { until } from './fake-sink';

// Projections from outside as feeds, over rows of the service in their place. Cannot see: their threads.

/** Rows of connectors under a name of its own, and a way to say that they are lost. */
function ownRows() {
  const losers: (() => unknown)[] = [];
  const followed = (version: number): OwnFollowed => ({
    name: 'mine',
    version,
    columns: [],
    table: { ...followedTables.connectors, version: `own mine:${version}` },
    get rows() {
      const [first] = running;
      if (first === undefined) throw new Error('Nothing is at work.');
      return first.readModels;
    },
    onLost: (listener) => void losers.push(listener),
  });
  const state = { version: 1, isLoading: false };
  const own = {
    get isLoading() {
      return state.isLoading;
    },
    followed: () => (state.isLoading ? [] : [followed(state.version)]),
  };
  return { own, state, lose: () => losers.forEach((listener) => void listener()) };
}

describe('The feed of a projection from outside', () => {
  it('has its rows, is chosen from by key, and goes on behind an id', async () => {
    const store = openInMemoryStore();
    for (const connectorId of [1, 2]) await status(store, 'A', connectorId, 'Available');
    const feeds = await over(store, { own: ownRows().own });
    expect(feeds.filtersOf('mine')).toEqual(['id']);
    const whole = await all(feeds, 'mine');
    expect(shown(whole)).toHaveLength(2);
    expect(shown(await all(feeds, 'mine', { filter: { id: '2\u0000A' } }))).toEqual([[2, 'Available']]);
    expect((await all(feeds, 'mine', { after: whole.messages[0]?.id })).events).toEqual(['row', 'caught-up']);
  });

  it('says by a reset that it is another version', async () => {
    const store = openInMemoryStore();
    await status(store, 'A', 1, 'Available');
    const { own, state } = ownRows();
    const [before] = (await all(await over(store, { own }), 'mine')).messages;
    state.version = 2;
    const after = await all(await over(store, { own }), 'mine', { after: before?.id });
    expect(after.events).toEqual(['reset', 'row', 'caught-up']);
    expect(after.messages[0]?.data).toEqual({ reason: expect.stringContaining('another version') as string });
  });

  it('lets everybody go when what it told does not hold any more', async () => {
    const { own, lose } = ownRows();
    const feeds = await over(openInMemoryStore(), { own });
    const sink = await follow(feeds, 'mine');
    await until(() => sink.events.includes('caught-up'));
    lose();
    expect([sink.ended, feeds.size]).toEqual([true, 0]);
  });

  it('may come in a moment while one is being loaded; otherwise there is none', async () => {
    const { own, state } = ownRows();
    const feeds = await over(openInMemoryStore(), { own });
    expect(feeds.filtersOf('nothing')).toBeUndefined();
    await expect(feeds.open('nothing', { filter: {}, format: 'ndjson' })).rejects.toThrow('There is no feed nothing.');
    state.isLoading = true;
    expect(() => feeds.filtersOf('mine')).toThrow('The rows of this projection are being built');
  });
});
