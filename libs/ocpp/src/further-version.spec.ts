import { schemaFaults, schemaOf } from '../../../test/support/xsd';
import { wsdlLines } from '../../../test/support/wsdl-lines';
import { jsonSchemaOf } from './json-schema';
import type { OcppVersion } from './operation';
import { renderOperationDocs } from './operation-docs';
import type { StringKind } from './schema';
import { attributedText, ciString, instant, int, many, oneOf, optional, some, struct, text } from './schema';
import { validate } from './validate';
import { renderWsdl } from './wsdl';

// A version that does not exist: what is made from a table must not know 1.5.

const shortText: StringKind = { kind: 'string', xsd: 'string', max: 4, limitIn: 'wsdl' };
const openEnded: StringKind = { kind: 'string', xsd: 'string', name: 'OpenEnded' };

const madeUp = {
  version: '1.6',
  centralSystem: {
    name: 'CentralSystemService',
    namespace: 'urn://Made/Up/Cs?a=1&b=2',
    operations: {
      Greet: {
        doc: 'Says "hello" <twice> & more.',
        request: struct({
          mood: oneOf('Mood', 'Fine & dandy', '<low>'),
          place: struct({ street: shortText, number: optional(int) }),
          notes: many(openEnded),
          marks: some(attributedText({ colour: oneOf('Colour', 'Red') })),
          name: ciString('Name', 10),
          remark: optional(text(7)),
        }),
        response: struct({ since: instant }),
      },
    },
  },
  chargePoint: { name: 'ChargePointService', namespace: 'urn:made-up:cp', operations: {} },
} satisfies OcppVersion;

const { Greet } = madeUp.centralSystem.operations;
const greeting = {
  mood: 'Fine & dandy',
  place: { street: 'Elm' },
  marks: [{ value: '1', colour: 'Red' }],
  name: 'Ann',
};

describe('a further version', () => {
  const wsdl = renderWsdl(madeUp.centralSystem, 'http://localhost/?a=1&b="2"');

  it('has a WSDL from its table alone', () => {
    expect(
      wsdlLines(wsdl).map((line) => line.replaceAll('&amp;', '&').replaceAll('&lt;', '<').replaceAll('&gt;', '>')),
    ).toEqual([
      'namespace urn://Made/Up/Cs?a=1&b=2, schema urn://Made/Up/Cs?a=1&b=2',
      'elements qualified, attributes unqualified',
      'service CentralSystemService, port CentralSystemServiceSoap12, portType CentralSystemService',
      'transport http://schemas.xmlsoap.org/soap/http, addresses 1',
      'addressing true',
      'Greet soapAction /Greet, style document',
      'Greet input action /Greet',
      'Greet input header literal {urn://Made/Up/Cs?a=1&b=2}chargeBoxIdentity',
      'Greet input header literal is string',
      'Greet input body literal',
      'Greet input body {urn://Made/Up/Cs?a=1&b=2}greetRequest',
      'Greet input body/mood 1..1 Mood',
      'Greet input body/mood is string enumeration=Fine & dandy enumeration=<low>',
      'Greet input body/place 1..1 unnamed',
      'Greet input body/place/street 1..1 unnamed',
      'Greet input body/place/street is string maxLength=4',
      'Greet input body/place/number 0..1 int',
      'Greet input body/place/number is int',
      'Greet input body/notes 0..unbounded OpenEnded',
      'Greet input body/notes is string',
      'Greet input body/marks 1..unbounded unnamed',
      'Greet input body/marks is string with attributes',
      'Greet input body/marks@colour optional Colour is string enumeration=Red, default none',
      'Greet input body/name 1..1 Name',
      'Greet input body/name is string maxLength=10',
      'Greet input body/remark 0..1 string',
      'Greet input body/remark is string',
      'Greet output action /GreetResponse',
      'Greet output body literal',
      'Greet output body {urn://Made/Up/Cs?a=1&b=2}greetResponse',
      'Greet output body/since 1..1 dateTime',
      'Greet output body/since is dateTime',
    ]);
    expect(wsdl).toContain('location="http://localhost/?a=1&amp;b=&quot;2&quot;"');
  });

  it('has a schema that a validator takes', () => {
    const message = (street: string) =>
      `<greetRequest xmlns="urn://Made/Up/Cs?a=1&amp;b=2"><mood>&lt;low></mood><place><street>${street}</street></place>` +
      '<marks colour="Red">1</marks><name>Ann</name></greetRequest>';
    const [good, bad] = schemaFaults(schemaOf(wsdl), [message('Elm'), message('Elm Street')]);
    expect(good).toBe('');
    expect(bad).toContain('maxLength');
  });

  it('has a service without operations', () => {
    expect(wsdlLines(renderWsdl(madeUp.chargePoint, 'http://localhost/'))).toHaveLength(5);
  });

  it('is validated by its table alone', () => {
    expect(validate(Greet.request, greeting)).toEqual([]);
    const wrong = { ...greeting, mood: 'Hard', place: { street: 'Elm Street' }, idTag: 'CARD' };
    expect(validate(Greet.request, wrong).map(({ path, code }) => `${path} ${code}`)).toEqual([
      '$.idTag unknown',
      '$.mood literal',
      '$.place.street too-long',
    ]);
  });

  it('has JSON Schemas', () => {
    expect(jsonSchemaOf(Greet.request)).toMatchObject({
      required: ['mood', 'place', 'marks', 'name'],
      properties: { place: { properties: { street: { maxLength: 4 } } }, notes: { items: { title: 'OpenEnded' } } },
    });
  });

  it('has a reference', () => {
    const docs = renderOperationDocs(madeUp);
    expect(docs).toContain('# Operations of OCPP 1.6');
    expect(docs).toContain('| `place.street` | text to 4 | 1 |');
    expect(docs).toContain('| `marks@colour` | `Red` | 0..1 |');
    expect(docs).toContain('| `remark` | text to 7* | 0..1 |');
  });
});
