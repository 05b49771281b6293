import { idTagVeiling, stateStream } from '@app/charge-box';
import { erase, openInMemoryStore, TextKeys, veiled } from '@app/event-store';
import type { EventStore, Log } from '@app/kernel';
import { silentLog } from '@app/kernel';
import { erasingBesides } from './erasures';

const at = '2026-03-01T12:00:00.000Z';
let bare: EventStore;
beforeEach(() => (bare = openInMemoryStore({ shared: true })));

function instance({ fails = false, log = silentLog }: { readonly fails?: boolean; readonly log?: Log } = {}) {
  const keys = new TextKeys();
  const parts = { store: bare, keys, veiling: idTagVeiling };
  const forgotten: string[] = [];
  const tidy = jest.fn<void, []>();
  const captures = {
    forgetIdTag: async (idTag: string) => {
      forgotten.push(idTag);
      if (fails) throw new Error('captures-unavailable');
      return 1;
    },
  };
  const own = {
    erase: (idTag: string, when: string) => erase(parts, idTag, when),
    onErased: (listener: Parameters<TextKeys['onErased']>[0]) => keys.onErased(listener),
  };
  return { keys, forgotten, tidy, store: veiled(bare, parts), eraser: erasingBesides(own, { captures, tidy, log }) };
}
const seen = (idTag: string) => ({
  id: `id-${idTag}`,
  type: 'IdTagAuthorized',
  data: { idTag, idTagInfo: { status: 'Accepted' }, at },
  metadata: { schema: 1, correlationId: 'c', causationId: 'c', actor: 'charge-box', receivedAt: at },
});

it('captures go at the instances that hear of an erasure, once for all forms of the idTag', async () => {
  const [one, other] = [instance(), instance()];
  await one.store.append(stateStream('A'), [seen('Card-7'), seen('CARD-7'), seen('OTHER')], 'any');
  await other.keys.catchUp(bare);
  await one.eraser.erase('card-7', at);
  await other.keys.catchUp(bare);
  await new Promise(setImmediate);
  expect(other.forgotten).toEqual(['card-7']);
  expect(other.tidy).toHaveBeenCalled();
  // Whoever asked removes and counts them by itself.
  expect(one.forgotten).toEqual([]);
  expect(one.tidy).toHaveBeenCalled();
});

it('says so when they cannot be removed', async () => {
  const errors: string[] = [];
  const log = { ...silentLog, error: (_fields: object, sentence: string) => void errors.push(sentence) };
  const [one, other] = [instance(), instance({ fails: true, log })];
  await one.store.append(stateStream('A'), [seen('Card-7')], 'any');
  await other.keys.catchUp(bare);
  await one.eraser.erase('card-7', at);
  await other.keys.catchUp(bare);
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  expect(errors).toEqual([expect.stringContaining('are left')]);
});
