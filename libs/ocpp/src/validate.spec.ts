import * as fc from 'fast-check';
import { anyMessage } from '../../../test/support/any-message';
import type { StructKind } from './schema';
import {
  attributedText,
  boolean,
  ciString,
  instant,
  int,
  intFrom,
  many,
  oneOf,
  optional,
  some,
  struct,
  text,
  uri,
} from './schema';
import { centralSystem, chargePoint } from './v15';
import { validate } from './validate';

const operations: readonly (readonly [string, { request: StructKind; response: StructKind }])[] = [
  ...Object.entries(centralSystem),
  ...Object.entries(chargePoint),
];
const kinds = operations.flatMap(([name, { request, response }]): [string, StructKind][] => [
  [`${name} request`, request],
  [`${name} response`, response],
]);

/** One field of each kind, all optional, so that a case shows only itself. */
const every = struct({
  text: optional(text(3)),
  unlimited: optional(text()),
  token: optional(ciString('Token', 3)),
  uri: optional(uri),
  int: optional(int),
  connectorId: optional(intFrom(1)),
  flag: optional(boolean),
  at: optional(instant),
  type: optional(oneOf('ResetType', 'Hard', 'Soft')),
  list: many(text(3)),
  readings: many(struct({ value: some(attributedText({ unit: oneOf('Unit', 'Wh', 'W') })) })),
});

const found = (value: unknown, kind: StructKind = every) =>
  validate(kind, value).map(({ path, code }) => `${path} ${code}`);

describe('validate', () => {
  it.each(kinds)('finds nothing wrong with any %s that may be sent', (_name, kind) => {
    fc.assert(
      fc.property(anyMessage(kind), (message) => {
        expect(validate(kind, message)).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  it.each<[what: string, value: unknown, expected: string]>([
    ['a text over its limit', { text: 'abcd' }, '$.text too-long'],
    ['a text over the limit of the schema', { token: 'abcd' }, '$.token too-long'],
    ['a number in the place of text', { text: 7 }, '$.text type'],
    ['null', { text: null }, '$.text type'],
    ['a control character', { unlimited: 'a\u0000b' }, '$.unlimited characters'],
    ['half a surrogate pair', { unlimited: 'a\uD83D' }, '$.unlimited characters'],
    ['a character that is none', { unlimited: '\uFFFE' }, '$.unlimited characters'],
    ['an empty URI', { uri: '' }, '$.uri empty'],
    ['a blank URI', { uri: ' \n' }, '$.uri empty'],
    ['a number as text', { int: '7' }, '$.int type'],
    ['a fraction', { int: 1.5 }, '$.int type'],
    ['no number', { int: NaN }, '$.int type'],
    ['an infinite number', { int: -Infinity }, '$.int type'],
    ['a big integer', { int: 7n }, '$.int type'],
    ['one more than 32 bits hold', { int: 2_147_483_648 }, '$.int range'],
    ['one less than 32 bits hold', { int: -2_147_483_649 }, '$.int range'],
    ['a number below the limit of the text', { connectorId: 0 }, '$.connectorId range'],
    ['a truth as text', { flag: 'true' }, '$.flag type'],
    ['a truth as number', { flag: 1 }, '$.flag type'],
    ['a time without zone', { at: '2024-03-01T10:15:00' }, '$.at instant'],
    ['a day that does not exist', { at: '2023-02-29T10:15:00Z' }, '$.at instant'],
    ['the year that XML Schema lacks', { at: '0000-03-01T10:15:00Z' }, '$.at instant'],
    ['a date', { at: '2024-03-01' }, '$.at instant'],
    ['a Date', { at: new Date(0) }, '$.at instant'],
    ['a number as time', { at: 0 }, '$.at instant'],
    ['a literal in other letter case', { type: 'hard' }, '$.type literal'],
    ['a literal with a blank', { type: 'Hard ' }, '$.type literal'],
    ['the name of a method as literal', { type: 'toString' }, '$.type literal'],
    ['one entry in the place of a list', { list: 'abc' }, '$.list type'],
    ['an object in the place of a list', { list: { 0: 'abc', length: 1 } }, '$.list type'],
    ['a list with a gap', { list: new Array(2) }, '$.list type'],
    ['a huge list of gaps', { list: new Array(4_000_000_000) }, '$.list type'],
    ['nothing in a list', { list: [undefined] }, '$.list[0] type'],
    ['an entry that is wrong', { list: ['abc', 'abcd'] }, '$.list[1] too-long'],
    ['a list in the place of an object', { readings: [[]] }, '$.readings[0] type'],
    ['an empty list of what there must be some', { readings: [{ value: [] }] }, '$.readings[0].value count'],
    ['a missing list', { readings: [{}] }, '$.readings[0].value missing'],
    ['a reading without text', { readings: [{ value: [{}] }] }, '$.readings[0].value[0].value missing'],
    ['a reading as bare text', { readings: [{ value: ['1'] }] }, '$.readings[0].value[0] type'],
    [
      'a wrong attribute',
      { readings: [{ value: [{ value: '1', unit: 'w' }] }] },
      '$.readings[0].value[0].unit literal',
    ],
    [
      'an unknown attribute',
      { readings: [{ value: [{ value: '1', phase: 'L1' }] }] },
      '$.readings[0].value[0].phase unknown',
    ],
    ['an unknown field', { Text: 'abc' }, '$.Text unknown'],
    ['an unknown field with an odd name', { 'a "b"\n': 1 }, '$["a \\"b\\"\\n"] unknown'],
    ['an unknown field without value', { other: undefined }, '$.other unknown'],
    ['a field called like the prototype', JSON.parse('{"__proto__": {"text": "abc"}}'), '$.__proto__ unknown'],
    ['a field called like a method', { constructor: 1 }, '$.constructor unknown'],
  ])('names %s', (_what, value, expected) => {
    expect(found(value)).toEqual([expected]);
  });

  it.each<[what: string, value: unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['text', '{}'],
    ['a list', []],
    ['a date', new Date(0)],
    ['a map', new Map([['text', 'abc']])],
    ['a function', () => ({})],
    [
      'an instance of a class',
      new (class Message {
        readonly text = 'abc';
      })(),
    ],
    ['an object with inherited fields', Object.create({ text: 'abc' })],
  ])('wants a plain object, not %s', (_what, value) => {
    expect(found(value)).toEqual(['$ type']);
  });

  it('counts code points, as XML Schema does', () => {
    expect(found({ text: '\u{1F50C}\u{1F50C}\u{1F50C}' })).toEqual([]);
    expect(found({ text: '\u{1F50C}\u{1F50C}\u{1F50C}\u{1F50C}' })).toEqual(['$.text too-long']);
  });

  it('finds everything that is wrong, also twice at one place', () => {
    expect(found({ text: 'ab\u0000d', int: '1', list: [1, 'abc', 2], other: 1 })).toEqual([
      '$.other unknown',
      '$.text too-long',
      '$.text characters',
      '$.int type',
      '$.list[0] type',
      '$.list[2] type',
    ]);
  });

  it('takes a field that is tolerated on receipt for mandatory', () => {
    expect(found({ connectorId: 1, idTag: 'CARD' }, centralSystem.StartTransaction.request)).toEqual([
      '$.timestamp missing',
      '$.meterStart missing',
    ]);
  });

  it('knows the limits that only the text of the specification has', () => {
    expect(found({ vendorId: 'v'.repeat(256), messageId: 'm'.repeat(51) }, chargePoint.DataTransfer.request)).toEqual([
      '$.vendorId too-long',
      '$.messageId too-long',
    ]);
  });

  it('refuses what a charge box may send but we may not', () => {
    const request = { connectorId: 1, status: 'Charging', errorCode: 'NoError' };
    expect(found(request, centralSystem.StatusNotification.request)).toEqual(['$.status literal']);
  });

  it('says what is wrong and what is allowed, in a sentence', () => {
    const values = {
      text: 'abcd',
      int: '7',
      connectorId: 0,
      type: 'hard',
      flag: null,
      other: 1,
      at: 'today',
      list: {},
      uri: '',
    };
    expect(validate(every, values).map(({ path, message }) => `${path} ${message}`)).toEqual([
      '$.other No field has this name; the fields are text, unlimited, token, uri, int, connectorId, flag, at, type, list, readings.',
      '$.text This must be text of at most 3 characters; it is the text "abcd" of 4 characters.',
      '$.uri This must be a URI; it is the text "" of 0 characters.',
      '$.int This must be a whole number from -2147483648 to 2147483647; it is the text "7".',
      '$.connectorId This must be a whole number from 1 to 2147483647; it is 0.',
      '$.flag This must be true or false; it is null.',
      '$.at This must be a time with zone in ISO 8601, such as 2024-03-01T10:15:00Z; it is the text "today".',
      '$.type This must be one of Hard, Soft; it is the text "hard".',
      '$.list This must be a list without gaps; it is an object.',
    ]);
    expect(validate(chargePoint.Reset.request, {})[0]?.message).toBe('This is needed: one of Hard, Soft.');
    expect(validate(chargePoint.ClearCache.request, { a: 1 })[0]?.message).toBe(
      'No field has this name; there are no fields.',
    );
  });

  it('keeps its sentences short, whatever the value', () => {
    const [violation] = validate(every, { ['n'.repeat(1_000)]: 1 });
    expect(violation?.path.length).toBeLessThan(100);
    expect(validate(every, { type: 'x'.repeat(100_000) })[0]?.message.length).toBeLessThan(200);
  });

  it('stops when there is enough', () => {
    const wrong = { list: new Array(5_000).fill(1) };
    expect(validate(every, wrong)).toHaveLength(1_000);
    expect(validate(every, wrong, { most: 2 })).toHaveLength(2);
    expect(validate(every, wrong, { most: 10_000 })).toHaveLength(5_000);
  });
});

describe('validate, of a hostile value', () => {
  it('does not call accessors', () => {
    const get = jest.fn(() => 'abc');
    expect(found(Object.defineProperty({}, 'text', { get, enumerable: true }))).toEqual(['$.text type']);
    expect(found({ list: Object.defineProperty([], 0, { get, enumerable: true }) })).toEqual(['$.list[0] type']);
    expect(get).not.toHaveBeenCalled();
  });

  it('sees members that are hidden', () => {
    expect(found(Object.defineProperty({}, 'text', { value: 7, enumerable: false }))).toEqual(['$.text type']);
  });

  it('does not call what a list brings along', () => {
    const list: unknown[] = Object.assign([1], { forEach: () => undefined, map: () => undefined });
    expect(found({ list })).toEqual(['$.list[0] type']);
  });

  it('bears values that contain themselves', () => {
    const cyclic: Record<string, unknown> = { text: 'abc' };
    cyclic.readings = [cyclic];
    expect(found(cyclic)).toEqual([
      '$.readings[0].text unknown',
      '$.readings[0].readings unknown',
      '$.readings[0].value missing',
    ]);
  });

  it('bears deep nesting', () => {
    let deep: unknown = [];
    for (let depth = 0; depth < 100_000; depth += 1) deep = [deep];
    expect(found({ list: deep })).toEqual(['$.list[0] type']);
  });

  it('bears proxies that throw, and dead ones', () => {
    const refuse = () => {
      throw new Error('Go away.');
    };
    const angry = new Proxy({}, { ownKeys: refuse, getPrototypeOf: refuse, getOwnPropertyDescriptor: refuse });
    const { proxy: dead, revoke } = Proxy.revocable([], {});
    revoke();
    expect(found(angry)).toEqual(['$ type']);
    expect(found(dead)).toEqual(['$ type']);
    expect(found({ text: dead, list: dead, readings: [angry] })).toEqual([
      '$.text type',
      '$.list type',
      '$.readings[0] type',
    ]);
  });

  it('never throws', () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withNullPrototype: true,
      withObjectString: true,
      withSparseArray: true,
      withTypedArray: true,
      key: fc.oneof(fc.string(), fc.constantFrom(...Object.keys(every.fields), 'value', '__proto__', 'constructor')),
    });
    fc.assert(
      fc.property(anything, (value) => {
        expect(Array.isArray(validate(every, value))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});
