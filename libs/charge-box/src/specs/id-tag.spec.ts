import { authorize, decideIdTag } from '../index';

const at = '2026-03-01T12:00:00.000Z';
const tag = { idTag: 'CARD', blocked: false, concurrentTransactions: false };
const asked = { tag, policy: 'known' as const, at, openTransactions: 0, forStart: true };

describe('the verdict on an idTag', () => {
  it.each([
    ['unknown', { tag: undefined }, { status: 'Invalid' }],
    ['unknown where all are welcome', { tag: undefined, policy: 'open' as const }, { status: 'Accepted' }],
    [
      'blocked',
      { tag: { ...tag, blocked: true, expiryDate: '2020-01-01T00:00:00.000Z' } },
      { status: 'Blocked', expiryDate: '2020-01-01T00:00:00.000Z' },
    ],
    ['past its date', { tag: { ...tag, expiryDate: at } }, { status: 'Expired', expiryDate: at }],
    ['busy elsewhere', { openTransactions: 1 }, { status: 'ConcurrentTx' }],
    ['busy, but not about to start', { openTransactions: 1, forStart: false }, { status: 'Accepted' }],
    ['allowed several', { tag: { ...tag, concurrentTransactions: true }, openTransactions: 3 }, { status: 'Accepted' }],
    ['of a family', { tag: { ...tag, parentIdTag: 'FAMILY' } }, { status: 'Accepted', parentIdTag: 'FAMILY' }],
  ])('when it is %s', (_what, change, verdict) => {
    expect(authorize({ ...asked, ...change })).toEqual(verdict);
  });
});

describe('saving an idTag', () => {
  const save = { kind: 'save', details: tag, expected: 'any', at } as const;

  it('is recorded, and the same again is not', () => {
    expect(decideIdTag(save, undefined)).toEqual({
      outcome: 'done',
      events: [{ type: 'IdTagSaved', data: { ...tag, at } }],
    });
    expect(decideIdTag(save, tag)).toEqual({ outcome: 'done', events: [] });
  });

  it('as new is refused when it exists', () => {
    expect(decideIdTag({ ...save, expected: 'new' }, tag)).toMatchObject({ outcome: 'refused' });
  });

  it('and removing it needs that it is there', () => {
    expect(decideIdTag({ kind: 'remove', idTag: 'CARD', at }, tag)).toMatchObject({
      outcome: 'done',
      events: [{ type: 'IdTagRemoved' }],
    });
    expect(decideIdTag({ kind: 'remove', idTag: 'CARD', at }, undefined)).toMatchObject({ outcome: 'refused' });
  });
});
