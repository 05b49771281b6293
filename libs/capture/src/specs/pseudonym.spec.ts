import fc from 'fast-check';
import { pseudonymOf } from '../pseudonym';

const key = Buffer.alloc(32, 7);
const idTag = fc.oneof(
  fc.stringMatching(/^[0-9A-F]{1,20}$/),
  fc.stringMatching(/^[0-9]{1,20}$/),
  fc.stringMatching(/^[A-Za-z0-9-]{1,20}$/),
  fc.string({ minLength: 1, maxLength: 30, unit: 'grapheme', size: 'max' }),
);

describe('the pseudonym of an idTag', () => {
  it('is the same for the same idTag, letter case aside', () =>
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9-]{1,20}$/), (tag) => {
        const one = pseudonymOf(tag, key);
        expect(pseudonymOf(tag, key)).toBe(one);
        for (const same of [tag.toUpperCase(), tag.toLowerCase()])
          expect(pseudonymOf(same, key).toUpperCase()).toBe(one.toUpperCase());
      }),
    ));

  it('has as many characters, but never more than an idTag may have', () =>
    fc.assert(
      fc.property(idTag, (tag) => expect([...pseudonymOf(tag, key)]).toHaveLength(Math.min(20, [...tag].length))),
    ));

  it.each([
    [/^[0-9]+$/, /^[0-9]{1,20}$/],
    [/^[0-9A-F]+$/, /^[0-9A-F]{1,20}$/],
    [/^[0-9a-f]+$/, /^[0-9a-f]{1,20}$/],
    [/^[0-9A-Z]+$/, /^[0-9A-Z]{1,20}$/],
    [/^[0-9A-F]{4}-[0-9A-F]{4}$/, /^[0-9A-F]{4}-[0-9A-F]{4}$/],
  ])('of one like %s is like it', (like, expected) =>
    fc.assert(fc.property(fc.stringMatching(like), (tag) => expect(pseudonymOf(tag, key)).toMatch(expected))),
  );

  it('tells nothing without the key: another key gives another one', () =>
    fc.assert(
      fc.property(
        fc.stringMatching(/^[0-9A-F]{14}$/),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        (tag, other) => {
          fc.pre(!key.equals(other));
          const one = pseudonymOf(tag, key);
          expect(one).not.toBe(tag);
          expect(pseudonymOf(tag, Buffer.from(other))).not.toBe(one);
        },
      ),
    ));

  it('keeps no character of one that has neither letters nor digits', () =>
    expect(pseudonymOf('-.-.-', key)).toMatch(/^[0-9A-Z]{5}$/));
});
