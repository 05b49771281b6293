import type { ListEntry } from '@app/charge-box';
import { openInMemoryStore } from '@app/event-store';
import type { EventStore } from '@app/kernel';
import { codedError } from '@app/kernel';
import type { ChargePointRequest } from '@app/ocpp';
import { WantLocalList } from '../commands';
import { eventsOf, eventually, HandCaller, HandClock, origin, RuntimeAtWork } from './runtime-at-work';

// Local lists on their way into the store and to boxes. Cannot see: how large a body the API takes.

const identity = 'BOX';
const size = 50_000;
const chunk = 1_000;
const entries = Array.from({ length: size }, (_, place): ListEntry => ({
  idTag: `${place}`.padStart(20, 'X'),
  idTagInfo: { status: 'Accepted', expiryDate: '2030-01-01T00:00:00.000Z', parentIdTag: 'P'.repeat(20) },
}));

/** A store that takes as much at once as a server before 25.1. */
function narrow(store: EventStore, failAfter = Infinity): EventStore {
  let lists = 0;
  return Object.assign(Object.create(store) as EventStore, {
    append: async (...[stream, events, expected]: Parameters<EventStore['append']>) => {
      if (JSON.stringify(events).length > 1_000_000) throw codedError('append-too-large');
      if (stream.startsWith('localList-') && ++lists > failAfter) throw codedError('store-unavailable');
      return store.append(stream, events, expected);
    },
  });
}

let runtime: RuntimeAtWork;
let caller: HandCaller;
async function start(store: EventStore): Promise<void> {
  caller = new HandCaller();
  caller.answer = async () => ({ kind: 'answered', response: { status: 'Accepted' } });
  runtime = await RuntimeAtWork.start({ store, clock: new HandClock(), caller });
  await runtime.boot(identity);
}
afterEach(() => runtime.stop());

describe('a local list', () => {
  it('of 50 000 entries reaches its box whole, in order, by appends that every server takes', async () => {
    const store = openInMemoryStore();
    await start(narrow(store));
    await runtime.bus.execute(new WantLocalList(identity, entries, chunk, origin));
    await eventually(() => caller.calls.length === size / chunk);
    await eventually(async () => (await eventsOf(store, 'LocalListConfirmed')).length === 1);
    const sent = caller.calls.map(({ request }) => request as ChargePointRequest<'SendLocalList'>);
    expect(sent.findLastIndex(({ updateType }) => updateType === 'Full')).toBe(0);
    expect(sent.flatMap(({ localAuthorisationList = [] }) => localAuthorisationList)).toEqual(entries);
  });

  it('that could not be stored whole is not wanted', async () => {
    const store = openInMemoryStore();
    await start(narrow(store, 3));
    const wanted = runtime.bus.execute(new WantLocalList(identity, entries, chunk, origin));
    await expect(wanted).rejects.toMatchObject({ code: 'store-unavailable' });
    expect(await eventsOf(store, 'LocalListWanted')).toEqual([]);
  });
});
