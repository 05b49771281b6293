import * as fc from 'fast-check';
import { anyMessage } from '../../../test/support/any-message';
import { normalise } from './normalise';
import { attributedText, instant, int, many, oneOf, optional, struct, text } from './schema';
import { centralSystem, chargePoint } from './v15';
import { validate } from './validate';

const unit = oneOf('Unit', 'Wh', 'kWh', 'WH');

describe('normalise', () => {
  it('makes literals exact, whatever their letter case', () => {
    expect(normalise(chargePoint.Reset.request, { type: 'hARD' })).toEqual({ type: 'Hard' });
    expect(normalise(chargePoint.Reset.request, { type: ' soft\n' })).toEqual({ type: 'Soft' });
    expect(normalise(chargePoint.Reset.request, { type: 'gentle' })).toEqual({ type: 'gentle' });
  });

  it('does not change a literal that is exact already', () => {
    expect(normalise(struct({ unit }), { unit: 'WH' })).toEqual({ unit: 'WH' });
    expect(normalise(struct({ unit }), { unit: 'wh' })).toEqual({ unit: 'Wh' });
  });

  it('writes dates as ISO text', () => {
    const at = new Date('2024-03-01T10:15:00Z');
    expect(normalise(struct({ at: instant }), { at })).toEqual({ at: '2024-03-01T10:15:00.000Z' });
    const never = new Date(NaN);
    expect(normalise(struct({ at: instant }), { at: never })).toEqual({ at: never });
  });

  it('goes into lists, structs and attributes', () => {
    const kind = struct({ values: many(struct({ value: many(attributedText({ unit })), at: optional(instant) })) });
    const value = { values: [{ value: [{ value: 'KWH', unit: 'KWH' }], at: new Date(0) }] };
    expect(normalise(kind, value)).toEqual({
      values: [{ value: [{ value: 'KWH', unit: 'kWh' }], at: '1970-01-01T00:00:00.000Z' }],
    });
  });

  it('leaves numbers given as text for validate to refuse', () => {
    const kind = struct({ int, text: text() });
    const value = normalise(kind, { int: '7', text: 7 });
    expect(validate(kind, value).map(({ path }) => path)).toEqual(['$.int', '$.text']);
  });

  it('leaves what it does not know', () => {
    const value = { type: 'soft', Type: 'hard', other: [{ type: 'hard' }] };
    expect(normalise(chargePoint.Reset.request, value)).toEqual({ ...value, type: 'Soft' });
  });

  it('does not change the value it is given', () => {
    const value = Object.freeze({ type: 'soft', list: Object.freeze(['a']) });
    expect(normalise(chargePoint.Reset.request, value)).not.toBe(value);
    expect(value.type).toBe('soft');
  });

  it('keeps a field called like the prototype a field', () => {
    const value = normalise(chargePoint.Reset.request, JSON.parse('{"__proto__": {"type": "Soft"}, "type": "soft"}'));
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(validate(chargePoint.Reset.request, value).map(({ path }) => path)).toEqual(['$.__proto__']);
  });

  it('does not call accessors, and what they would have given is refused', () => {
    const get = jest.fn(() => 'Soft');
    const value = normalise(chargePoint.Reset.request, Object.defineProperty({}, 'type', { get, enumerable: true }));
    expect(validate(chargePoint.Reset.request, value).map(({ message }) => message)).toEqual([
      'This must be one of Hard, Soft; it is a computed member.',
    ]);
    expect(get).not.toHaveBeenCalled();
  });

  it('changes nothing that may be sent as it is', () => {
    fc.assert(
      fc.property(anyMessage(centralSystem.StopTransaction.request), (message) => {
        expect(normalise(centralSystem.StopTransaction.request, message)).toEqual(message);
      }),
    );
  });

  it('mends letter case and dates of any message', () => {
    const kind = chargePoint.SendLocalList.request;
    const spoilt = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(spoilt);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(
        Object.entries(value).map(([name, member]) => {
          if (name === 'status' || name === 'updateType') return [name, String(member).toUpperCase()];
          return [name, name === 'expiryDate' ? new Date(String(member)) : spoilt(member)];
        }),
      );
    };
    fc.assert(
      fc.property(anyMessage(kind), (message) => {
        expect(validate(kind, normalise(kind, spoilt(message)))).toEqual([]);
      }),
    );
  });

  it('never throws, and a second time changes nothing', () => {
    fc.assert(
      fc.property(fc.anything({ withDate: true, withSparseArray: true, withNullPrototype: true }), (value) => {
        const once = normalise(centralSystem.MeterValues.request, { values: value });
        expect(normalise(centralSystem.MeterValues.request, once)).toEqual(once);
      }),
    );
  });
});
