import { ocpp15 } from '@app/ocpp';
import type { OcppVersion } from '@app/ocpp';
import {
  describeWithReference,
  hasReference,
  readReference,
  readReferenceBytes,
} from '../../../test/support/reference';
import { createRequestReader, createResponseReader } from './index';

// What was captured in the field says what its index says that it says. Cannot see: boxes of which no message was published.

interface Sample {
  readonly file: string;
  readonly kind: 'request' | 'response' | 'fault';
  readonly soap: string;
  readonly operation: string | null;
  readonly bodyNamespace: string;
  readonly service: 'Cs' | 'Cp';
  readonly ocppVersion: string;
  readonly schemaValid: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly quirks: readonly string[];
}

/** What the words of the index are called here. */
const ourNames: readonly (readonly [words: RegExp, name: string])[] = [
  [/From address.*(without|has no) host|From address is localhost/, 'from-unusable'],
  [/SerialNumber \d+ chars/, 'too-long'],
  [/no MessageID/, 'no-message-id'],
  [/no wsa:Action/, 'no-action'],
  [/no From/, 'no-from'],
  [/ReplyTo is not anonymous/, 'reply-to-not-anonymous'],
  [/FaultTo present/, 'fault-to'],
  [/MessageID is (a bare number|not a URI)/, 'message-id-form'],
  [/inside the MessageID/, 'message-id-white-space'],
  [/body and identity in the Cp namespace/, 'other-service-namespace'],
  [/alphabetical order/, 'field-order'],
  [/without a zone/, 'time-without-zone'],
  [/body element \w+ instead of/, 'wrapper-name'],
  [/holds text instead of/, 'unreadable-field'],
];
const ofTheSchema = [
  'too-long',
  'field-order',
  'unknown-field',
  'unreadable-field',
  'missing-field',
  'wrapper-name',
  'unknown-literal',
];

const sides = { Cs: 'centralSystem', Cp: 'chargePoint' } as const;
const options = { versions: [ocpp15] as readonly OcppVersion[], strict: false };
const requests = {
  Cs: createRequestReader({ ...options, side: sides.Cs }),
  Cp: createRequestReader({ ...options, side: sides.Cp }),
};
const responses = {
  Cs: createResponseReader({ version: ocpp15, side: sides.Cs }),
  Cp: createResponseReader({ version: ocpp15, side: sides.Cp }),
};

describeWithReference('captured messages', () => {
  const index = JSON.parse(hasReference ? readReference('ocpp-soap-samples/index.json') : '[]') as readonly Sample[];
  const bytes = ({ file }: Sample) => readReferenceBytes(`ocpp-soap-samples/${file}`);
  // Some boxes call an operation of the central system in the namespace of the other service.
  const called = ({ operation, service }: Sample) =>
    operation !== null && operation in ocpp15[sides[service]].operations ? service : 'Cs';

  const asked = index.filter(({ kind, ocppVersion }) => kind === 'request' && ocppVersion === '1.5');
  it.each(asked)('$file is understood', (sample) => {
    const message = requests[called(sample)](bytes(sample));
    expect(message).toMatchObject({
      kind: 'request',
      operation: sample.operation,
      soapVersion: sample.soap,
      bodyNamespace: sample.bodyNamespace,
      chargeBoxIdentity: sample.headers.chargeBoxIdentity?.trim(),
      quirks: expect.arrayContaining(expectedNames(sample)) as unknown[],
    });
    expect('messageId' in message ? message.messageId : undefined).toBe(sample.headers.MessageID?.trim());
    if (sample.schemaValid) expect(message.quirks.filter(({ name }) => ofTheSchema.includes(name))).toEqual([]);
  });

  it.each(index.filter(({ kind, ocppVersion }) => kind === 'request' && ocppVersion !== '1.5'))(
    '$file is refused, and named',
    (sample) => {
      expect(requests.Cs(bytes(sample))).toMatchObject({
        kind: 'refused',
        fault: 'ProtocolError',
        detail: expect.stringContaining(`OCPP ${sample.ocppVersion}`) as string,
      });
    },
  );

  it.each(index.filter(({ kind }) => kind === 'response'))('$file is understood', (sample) => {
    const answer = responses[sample.service](bytes(sample), { operation: sample.operation ?? '' });
    expect(answer).toMatchObject({
      kind: 'response',
      quirks: expect.arrayContaining(expectedNames(sample)) as unknown[],
    });
  });

  it.each(index.filter(({ kind }) => kind === 'fault'))('$file is a fault', (sample) => {
    const answer = responses.Cp(bytes(sample), { operation: 'Reset' });
    expect(answer).toMatchObject({ kind: 'fault', code: 'Sender' });
    expect(answer).not.toHaveProperty('subcode');
  });

  function expectedNames({ quirks, kind }: Sample): unknown[] {
    const words = kind === 'request' ? quirks : quirks.filter((each) => /body element|holds text/.test(each));
    return ourNames
      .filter(([pattern]) => words.some((each) => pattern.test(each)))
      .map(([, name]) => expect.objectContaining({ name }) as unknown);
  }
});
