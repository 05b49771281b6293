import * as fc from 'fast-check';
import { z } from 'zod';
import { anyMessage } from '../../../test/support/any-message';
import { jsonSchemaOf } from './json-schema';
import type { StructKind } from './schema';
import { attributedText, oneOf, some, struct } from './schema';
import { centralSystem, chargePoint } from './v15';
import { validate } from './validate';

const kinds = [...Object.entries(centralSystem), ...Object.entries(chargePoint)].flatMap(
  ([name, { request, response }]): [string, StructKind][] => [
    [`${name} request`, request],
    [`${name} response`, response],
  ],
);

// What the reader of the schemas does in its own way: it counts UTF-16 units, and knows no zone but Z.
const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value)
      .replaceAll(/[^\x20-\x7e]/g, '?')
      .replaceAll(/(:\d\d\.\d{3})[+-]\d\d:\d\d"/g, '$1Z"'),
  );

const junk = fc.constantFrom<unknown>(null, 0, -1, 2 ** 31, 1.5, true, '', 'x'.repeat(600), [], {}, [{}], ['x']);

/** The message with one of its members replaced, removed or added. */
const spoilt = (message: object) =>
  fc
    .tuple(fc.constantFrom(...Object.keys(message), 'other'), fc.option(junk, { nil: undefined }))
    .map(([name, value]) =>
      Object.fromEntries(Object.entries({ ...message, [name]: value }).filter(([, member]) => member !== undefined)),
    );

describe('the JSON Schema', () => {
  it('of an operation says what fields there are, and of what kind', () => {
    expect(jsonSchemaOf(chargePoint.SendLocalList.request)).toEqual({
      type: 'object',
      properties: {
        updateType: { title: 'UpdateType', type: 'string', enum: ['Differential', 'Full'] },
        listVersion: { type: 'integer', minimum: -2147483648, maximum: 2147483647 },
        localAuthorisationList: {
          type: 'array',
          items: {
            title: 'AuthorisationData',
            type: 'object',
            properties: {
              idTag: idToken,
              idTagInfo: {
                title: 'IdTagInfo',
                type: 'object',
                properties: {
                  status: {
                    title: 'AuthorizationStatus',
                    type: 'string',
                    enum: ['Accepted', 'Blocked', 'Expired', 'Invalid', 'ConcurrentTx'],
                  },
                  expiryDate: { type: 'string', format: 'date-time' },
                  parentIdTag: idToken,
                },
                required: ['status'],
                additionalProperties: false,
              },
            },
            required: ['idTag'],
            additionalProperties: false,
          },
        },
        hash: { type: 'string', maxLength: 64 },
      },
      required: ['updateType', 'listVersion'],
      additionalProperties: false,
    });
  });

  it('of text with attributes is an object with the text in value', () => {
    expect(jsonSchemaOf(struct({ reading: some(attributedText({ unit: oneOf('Unit', 'Wh') })) }))).toEqual({
      type: 'object',
      properties: {
        reading: {
          type: 'array',
          minItems: 1,
          items: {
            type: 'object',
            properties: { value: { type: 'string' }, unit: { title: 'Unit', type: 'string', enum: ['Wh'] } },
            required: ['value'],
            additionalProperties: false,
          },
        },
      },
      required: ['reading'],
      additionalProperties: false,
    });
  });

  it('of a message without fields allows none', () => {
    expect(jsonSchemaOf(chargePoint.ClearCache.request)).toEqual({
      type: 'object',
      properties: {},
      additionalProperties: false,
    });
  });

  it.each(kinds)('of %s agrees with validate', (_name, kind) => {
    const schema = z.fromJSONSchema(JSON.parse(JSON.stringify(jsonSchemaOf(kind))) as never);
    const messages = anyMessage(kind).map((message) => plain(message) as object);
    const agree = (message: object) => {
      expect({ message, valid: schema.safeParse(message).success }).toEqual({
        message,
        valid: validate(kind, message).length === 0,
      });
    };
    fc.assert(fc.property(messages, agree), { numRuns: 30 });
    fc.assert(fc.property(messages.chain(spoilt), agree), { numRuns: 100 });
  });
});

const idToken = {
  title: 'IdToken',
  description: 'Compared without regard to letter case.',
  type: 'string',
  maxLength: 20,
};
