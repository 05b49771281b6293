import { differencesBetween } from './differences';

describe('what is different between two values', () => {
  it.each([
    [{ a: 1 }, { a: 1 }, []],
    [{ a: 1, b: undefined }, { a: 1 }, []],
    [{ a: 1 }, { a: 2 }, ['a: 1, now 2']],
    [{ a: { b: 'x' } }, { a: {} }, ['a.b: x, now absent']],
    [{}, { a: null }, ['a: absent, now null']],
    [{ a: [] }, { a: ['x', 'y'] }, ['a: none, now x, y']],
    [{ a: [] }, { a: [] }, []],
    [{ a: [{ b: 1 }] }, { a: [{ b: 1 }, { b: 2 }] }, ['a.1.b: absent, now 2']],
    ['x', 'y', [': x, now y']],
  ])('%j and %j: %j', (before, now, differences) => expect(differencesBetween(before, now)).toEqual(differences));
});
