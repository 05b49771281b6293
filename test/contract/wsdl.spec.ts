import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { createClientAsync } from 'soap';
import type { MessageDirection, Service, StructKind } from '@app/ocpp';
import { ocpp15, renderWsdl, validate, wrapperName } from '@app/ocpp';
import { createRequestWriter, createResponseWriter } from '@app/soap';
import { anyMessage } from '../support/any-message';
import { describeWithReference, readReference } from '../support/reference';
import { operationsIn, wsdlLines } from '../support/wsdl-lines';
import { bodyOf, schemaFaults, schemaOf } from '../support/xsd';

// Our WSDLs say the same as the published ones, and what we write is valid by both. Cannot see: whether boxes keep to either.

const published = join(__dirname, '../../node_modules/@voltbras/ts-ocpp/dist/messages/soap');
const sides = [
  {
    service: ocpp15.centralSystem as Service,
    file: 'wsdl/ocpp-1.5-central-system.wsdl',
    publishedFile: /centralsystem.*1\.5.*\.wsdl$/i,
    reference: 'ocpp-wsdl/1.5/OCPP_CentralSystemService1.5_final.wsdl',
    count: 10,
  },
  {
    service: ocpp15.chargePoint as Service,
    file: 'wsdl/ocpp-1.5-charge-point.wsdl',
    publishedFile: /chargepoint.*1\.5.*\.wsdl$/i,
    reference: 'ocpp-wsdl/1.5/OCPP_ChargePointService1.5_final.wsdl',
    count: 15,
  },
];

function readPublished(pattern: RegExp): string {
  const file = readdirSync(published).find((name) => pattern.test(name));
  if (file === undefined) throw new Error(`The package with published WSDLs has none like ${pattern.source}.`);
  return readFileSync(join(published, file), 'utf8');
}

const render = (service: Service) => renderWsdl(service, 'http://localhost:8080/ocpp');

describe.each(sides)('the WSDL of $service.name', ({ service, publishedFile, reference, count }) => {
  it('says the same as an independently published one', () => {
    expect(wsdlLines(render(service))).toEqual(wsdlLines(readPublished(publishedFile)));
  });

  it('describes every operation of the table', () => {
    expect(operationsIn(render(service))).toEqual(Object.keys(service.operations).sort());
    expect(operationsIn(render(service))).toHaveLength(count);
  });

  describeWithReference('beside the reference', () => {
    it('says the same', () => {
      expect(wsdlLines(render(service))).toEqual(wsdlLines(readReference(reference)));
    });
  });
});

describe('the comparison of WSDLs', () => {
  const wsdl = render(ocpp15.centralSystem);
  const swapped = /(<s:element name="chargePointVendor"[^>]*>)(\s*)(<s:element name="chargePointModel"[^>]*>)/;

  it.each<[what: string, from: string | RegExp, to: string]>([
    ['the namespace', /urn:\/\/Ocpp\/Cs\/2012\/06\//g, 'urn://Ocpp/Cs/2012/06'],
    ['qualification', 'elementFormDefault="qualified"', 'elementFormDefault="unqualified"'],
    ['the port', 'port name="CentralSystemServiceSoap12"', 'port name="Other"'],
    ['addressing', '<wsaw:UsingAddressing/>', ''],
    ['an action of a request', 'wsaw:Action="/Heartbeat"', 'wsaw:Action="/heartbeat"'],
    ['an action of a response', 'wsaw:Action="/HeartbeatResponse"', 'wsaw:Action="/Heartbeat"'],
    ['a soapAction', 'soapAction="/Heartbeat"', 'soapAction="Heartbeat"'],
    ['the identity header', /<soap12:header[^>]*\/>/, ''],
    ['the type of the identity', 'name="chargeBoxIdentity" type="s:string"', 'name="chargeBoxIdentity" type="s:int"'],
    ['the use of a body', '<soap12:body use="literal"/>', '<soap12:body use="encoded"/>'],
    ['an order', swapped, '$3$2$1'],
    [
      'a lower bound',
      'name="meterType" type="tns:MeterType" minOccurs="0"',
      'name="meterType" type="tns:MeterType" minOccurs="1"',
    ],
    ['an upper bound', 'maxOccurs="unbounded"', 'maxOccurs="1"'],
    ['a type', 'name="meterStart" type="s:int"', 'name="meterStart" type="s:long"'],
    ['a name', 'name="meterStart"', 'name="MeterStart"'],
    ['a length', '<s:maxLength value="50"/>', '<s:maxLength value="51"/>'],
    ['a literal', '<s:enumeration value="ConcurrentTx"/>', '<s:enumeration value="Concurrent"/>'],
    ['a lost literal', '<s:enumeration value="Mode3Error"/>', ''],
    ['the name of an attribute', '<s:attribute name="unit"', '<s:attribute name="units"'],
    ['the use of an attribute', 'use="optional"', 'use="required"'],
    ['the type of an attribute', 'type="tns:Location" use', 'type="tns:Measurand" use'],
  ])('notices a change of %s', (_what, from, to) => {
    const changed = wsdl.replace(from, to);
    expect(changed).not.toBe(wsdl);
    expect(wsdlLines(changed)).not.toEqual(wsdlLines(wsdl));
  });

  it('does not notice documentation, the address and names that are not on the wire', () => {
    const changed = wsdl
      .replaceAll(/<wsdl:documentation>.*?<\/wsdl:documentation>/g, '')
      .replace(/location="[^"]*"/, 'location="http://elsewhere/"')
      .replaceAll('HeartbeatRequest"', 'HeartbeatInput"');
    expect(changed).not.toBe(wsdl);
    expect(wsdlLines(changed)).toEqual(wsdlLines(wsdl));
  });
});

interface Written {
  readonly kind: StructKind;
  readonly what: string;
  readonly xml: string;
}

/** Messages of every operation, drawn from the table, as our writers write them. */
function written(service: Service, perMessage: number): readonly Written[] {
  const request = createRequestWriter(service);
  const response = createResponseWriter(service);
  const write = (operation: string, direction: MessageDirection, message: object): string =>
    direction === 'request'
      ? request(operation, message, { chargeBoxIdentity: 'BOX-1', messageId: 'urn:uuid:1', to: 'http://box/' })
      : response(operation, message, { soapVersion: '1.2', bodyNamespace: service.namespace, messageId: 'urn:uuid:1' });
  return Object.entries(service.operations).flatMap(([operation, messages]) =>
    (['request', 'response'] as const).flatMap((direction) => {
      const kind = messages[direction];
      return fc.sample(anyMessage(kind), { numRuns: perMessage, seed: 15 }).map((message, index) => {
        expect(validate(kind, message)).toEqual([]);
        return { kind, what: `${operation} ${direction} ${index}`, xml: bodyOf(write(operation, direction, message)) };
      });
    }),
  );
}

const wrapped = ({ namespace }: Service, wrapper: string, content: string) =>
  `<c:${wrapper} xmlns:c="${namespace}">${content}</c:${wrapper}>`;
const time = '<c:timestamp>2024-03-01T10:15:00Z</c:timestamp>';
const start = `<c:connectorId>1</c:connectorId><c:idTag>CARD</c:idTag>${time}<c:meterStart>1</c:meterStart>`;

const invalidForCentralSystem: readonly (readonly [wrapper: string, content: string])[] = [
  ['authorizeRequest', ''],
  ['authorizeRequest', '<idTag>CARD</idTag>'],
  ['authorizeRequest', `<c:idTag>${'X'.repeat(21)}</c:idTag>`],
  ['authorizeRequest', '<c:idTag>A</c:idTag><c:idTag>B</c:idTag>'],
  ['authorizeResponse', '<c:idTagInfo><c:status>accepted</c:status></c:idTagInfo>'],
  ['heartbeatRequest', '<c:at/>'],
  ['heartbeatResponse', '<c:currentTime>now</c:currentTime>'],
  ['startTransactionRequest', start.replace('>1</c:connectorId>', '>one</c:connectorId>')],
  [
    'startTransactionRequest',
    start.replace('<c:meterStart>1</c:meterStart>', '<c:meterStart>2147483648</c:meterStart>'),
  ],
  ['startTransactionRequest', start.replace(/(<c:connectorId>.*<\/c:connectorId>)(<c:idTag>.*<\/c:idTag>)/, '$2$1')],
  ['meterValuesRequest', `<c:connectorId>1</c:connectorId><c:values>${time}</c:values>`],
  [
    'meterValuesRequest',
    `<c:connectorId>1</c:connectorId><c:values>${time}<c:value unit="watt">1</c:value></c:values>`,
  ],
  ['meterValuesRequest', `<c:connectorId>1</c:connectorId><c:values>${time}<c:value phase="L1">1</c:value></c:values>`],
  ['meterValuesRequest', `<c:connectorId>1</c:connectorId><c:values>${time}<c:value c:unit="W">1</c:value></c:values>`],
  ['unlockConnectorRequest', '<c:connectorId>1</c:connectorId>'],
];

const invalidForChargePoint: readonly (readonly [wrapper: string, content: string])[] = [
  ['resetRequest', '<c:type>Gentle</c:type>'],
  ['remoteStartTransactionRequest', '<c:connectorId>1</c:connectorId><c:idTag>CARD</c:idTag>'],
  ['updateFirmwareRequest', '<c:location>ftp://a/b</c:location><c:retrieveDate>2024-03-01T10:15:00Z</c:retrieveDate>'],
  ['getConfigurationResponse', '<c:configurationKey><c:key>a</c:key></c:configurationKey>'],
  ['getConfigurationResponse', '<c:configurationKey><c:key>a</c:key><c:readonly>yes</c:readonly></c:configurationKey>'],
  ['sendLocalListRequest', '<c:listVersion>1</c:listVersion><c:updateType>Full</c:updateType>'],
  ['heartbeatRequest', ''],
];

describe.each(sides)('the schema in the WSDL of $service.name', ({ service, publishedFile }) => {
  const schema = schemaOf(render(service));
  const publishedSchema = schemaOf(readPublished(publishedFile));
  const invalid = service === ocpp15.centralSystem ? invalidForCentralSystem : invalidForChargePoint;

  it('holds for everything that may be sent, and so does the published one', () => {
    const messages = written(service, 20);
    const documents = messages.map(({ xml }) => xml);
    const refused = (faults: readonly string[]) =>
      messages.flatMap(({ what }, index) => (faults[index] === '' ? [] : [`${what}: ${faults[index]}`]));
    expect(messages).toHaveLength(Object.keys(service.operations).length * 2 * 20);
    expect(refused(schemaFaults(schema, documents))).toEqual([]);
    expect(refused(schemaFaults(publishedSchema, documents))).toEqual([]);
  });

  it('refuses what breaks it, as the published one does', () => {
    const documents = invalid.map(([wrapper, content]) => wrapped(service, wrapper, content));
    const accepted = (faults: readonly string[]) => documents.filter((_document, index) => faults[index] === '');
    expect(accepted(schemaFaults(schema, documents))).toEqual([]);
    expect(accepted(schemaFaults(publishedSchema, documents))).toEqual([]);
  });

  it('leaves room where only the text of the specification has a limit', () => {
    const [wrapper, content] =
      service === ocpp15.centralSystem
        ? ['dataTransferRequest', `<c:vendorId>${'v'.repeat(256)}</c:vendorId>`]
        : ['getConfigurationRequest', `<c:key>${'k'.repeat(51)}</c:key>`];
    expect(schemaFaults(schema, [wrapped(service, wrapper, content)])).toEqual(['']);
  });
});

describe.each(sides)('the client that npm soap makes of $file', ({ service, file, count }) => {
  const path = join(__dirname, '../..', file);
  const port = `${service.name}Soap12`;

  it('knows every operation', async () => {
    const client = await createClientAsync(path);
    const described = client.describe() as Record<string, Record<string, object>>;
    expect(Object.keys(described[service.name]?.[port] ?? {}).sort()).toEqual(Object.keys(service.operations).sort());
    expect(Object.keys(service.operations)).toHaveLength(count);
  });

  it('writes what the schema allows', async () => {
    const { request, operation } =
      service === ocpp15.centralSystem
        ? {
            operation: 'StartTransaction',
            request: { connectorId: 1, idTag: 'CARD', timestamp: '2024-03-01T10:15:00Z', meterStart: 7 },
          }
        : {
            operation: 'SendLocalList',
            request: {
              updateType: 'Full',
              listVersion: 1,
              localAuthorisationList: [{ idTag: 'CARD', idTagInfo: { status: 'Accepted' } }],
            },
          };
    const sent = await sentBySoapClient(path, operation, request);
    expect(sent).toContain('http://www.w3.org/2003/05/soap-envelope');
    expect(sent).toContain(wrapperName(operation, 'request'));
    expect(schemaFaults(schemaOf(render(service)), [bodyOf(sent)])).toEqual(['']);
  });
});

/** The envelope that the client would send; nothing leaves the process. */
async function sentBySoapClient(wsdl: string, operation: string, request: object): Promise<string> {
  let sent = '';
  const httpClient = {
    request: (_url: string, data: string, answer: (error: Error) => void) => {
      sent = data;
      answer(new Error('Nothing is sent.'));
    },
  };
  const client = await createClientAsync(wsdl, { forceSoap12Headers: true, httpClient: httpClient as never });
  const call = (client as unknown as Record<string, (request: object) => Promise<unknown>>)[`${operation}Async`];
  await expect(call?.call(client, request)).rejects.toThrow('Nothing is sent.');
  return sent;
}
