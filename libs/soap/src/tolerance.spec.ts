import { ocpp15 } from '@app/ocpp';
import { cs, envelope, start } from '../../../test/support/envelopes';
import type { InboundRequest, RefusedRequest } from './index';
import { createRequestReader } from './index';

// What a request may deviate in, what that is called, and where it ends (reference of the protocol: 11 and 12).

const options = { versions: [ocpp15], side: 'centralSystem' } as const;
const read = createRequestReader({ ...options, strict: false });
const readStrictly = createRequestReader({ ...options, strict: true });

function understood(source: string | Buffer, contentType?: string): InboundRequest {
  const message = read(source, contentType);
  if (message.kind === 'refused') throw new Error(message.detail);
  return message;
}

function refused(source: string | Buffer, contentType?: string, reader = read): RefusedRequest {
  const message = reader(source, contentType);
  if (message.kind === 'request') throw new Error(`Understood: ${message.operation}`);
  return message;
}

const names = ({ quirks }: InboundRequest | RefusedRequest): readonly string[] => quirks.map(({ name }) => name);
const usual = (operation: string, from = 'http://10.0.0.5/') =>
  `<wsa:Action>/${operation}</wsa:Action><wsa:MessageID>urn:uuid:1</wsa:MessageID><wsa:From><wsa:Address>${from}</wsa:Address></wsa:From>`;
const heartbeat = (headers: string) => envelope({ headers: usual('Heartbeat') + headers });
const starting = (body = start()) => envelope({ headers: usual('StartTransaction'), body });
const data = (content: string) =>
  envelope({
    headers: usual('DataTransfer'),
    body: `<cs:dataTransferRequest><cs:vendorId>v</cs:vendorId>${content}</cs:dataTransferRequest>`,
  });

describe('the operation', () => {
  it.each([
    ['exactly named', '<cs:heartbeatRequest/>', []],
    ['in another letter case', '<cs:HeartBeatRequest/>', ['wrapper-case']],
    [
      "in the other service's namespace",
      '<heartbeatRequest xmlns="urn://Ocpp/Cp/2012/06/"/>',
      ['other-service-namespace', 'identity-namespace'],
    ],
    [
      'in a namespace without its slash',
      `<heartbeatRequest xmlns="${cs.slice(0, -1)}"/>`,
      ['namespace-slash', 'identity-namespace'],
    ],
  ])('%s is found', (_what, body, quirks) => {
    const message = understood(envelope({ body, headers: usual('Heartbeat') }));
    expect([message.operation, ...names(message)]).toEqual(['Heartbeat', ...quirks]);
    expect(message.bodyNamespace).toBe(/xmlns="([^"]+)"/.exec(body)?.[1] ?? cs);
  });

  it.each([
    ['of the other side', '<cs:resetRequest/>', 'NotSupported', 'resetRequest is an operation of the other side'],
    ['of no side', '<cs:danceRequest/>', 'ProtocolError', 'no operation of OCPP 1.5: danceRequest'],
    ['that is a response', '<cs:heartbeatResponse/>', 'ProtocolError', 'heartbeatResponse'],
    [
      'of OCPP 1.2',
      '<heartbeatRequest xmlns="urn://Ocpp/Cs/2010/08/"/>',
      'ProtocolError',
      'urn://Ocpp/Cs/2010/08/, that of OCPP 1.2; this address speaks OCPP 1.5.',
    ],
    ['of OCPP 1.6', '<heartbeatRequest xmlns="urn://Ocpp/Cs/2015/10/"/>', 'ProtocolError', 'that of OCPP 1.6'],
    [
      'in no namespace',
      '<heartbeatRequest/>',
      'ProtocolError',
      'The body is in no namespace; this address speaks OCPP 1.5. Its element needs xmlns="urn://Ocpp/Cs/2012/06/".',
    ],
    ['that is absent', '', 'ProtocolError', 'The Body is empty'],
    ['that is two', '<cs:heartbeatRequest/><cs:heartbeatRequest/>', 'ProtocolError', 'The Body holds 2 elements'],
  ])('%s is refused', (_what, body, fault, detail) => {
    const { fault: code, detail: sentence, messageId, chargeBoxIdentity } = refused(envelope({ body }));
    expect(code).toBe(fault);
    expect(sentence).toContain(detail);
    expect({ messageId, chargeBoxIdentity }).toEqual({ messageId: 'urn:uuid:1', chargeBoxIdentity: 'BOX-1' });
  });
});

it('a message whose only reading has no value is taken without it', () => {
  const time = '<cs:timestamp>2026-03-01T12:00:00Z</cs:timestamp>';
  const body = `<cs:meterValuesRequest><cs:connectorId>1</cs:connectorId><cs:values>${time}</cs:values></cs:meterValuesRequest>`;
  const message = understood(envelope({ headers: usual('MeterValues'), body }));
  expect(message.request).toEqual({ connectorId: 1 });
  expect(message.quirks).toMatchObject([{ name: 'unreadable-field', path: 'meterValuesRequest/values[0]' }]);
});

describe('the identity', () => {
  it.each([
    ['in another letter case', envelope().replaceAll('chargeBoxIdentity', 'CHARGEBOXIDENTITY'), ['identity-case']],
    ['between blanks', envelope({ identity: '\n  BOX-1 ' }), ['identity-white-space']],
    [
      'in any namespace',
      envelope().replace('<cs:chargeBoxIdentity', '<cs:chargeBoxIdentity xmlns:cs="urn:else"'),
      ['identity-namespace'],
    ],
  ])('%s is read', (_what, xml, quirks) => {
    const message = understood(xml);
    expect([message.chargeBoxIdentity, ...names(message)]).toEqual(['BOX-1', ...quirks]);
  });

  it.each([
    ['missing', envelope().replace(/<cs:chargeBoxIdentity.*<\/cs:chargeBoxIdentity>/, '')],
    ['missing with the whole header', envelope().replace(/<s:Header>.*<\/s:Header>/, '')],
    ['empty', envelope({ identity: ' \n ' })],
  ])('%s is a ProtocolError', (_what, xml) => {
    expect(refused(xml)).toMatchObject({
      fault: 'ProtocolError',
      operation: 'Heartbeat',
      detail: 'The header chargeBoxIdentity is missing or empty.',
    });
  });
});

describe('headers', () => {
  const marked = (attributes: string, element = 'x:trace xmlns:x="urn:other"') => `<${element} ${attributes}/>`;

  it('that must be understood and are not, are named', () => {
    const answer = refused(heartbeat(marked('s:mustUnderstand="true"')));
    expect(answer).toMatchObject({ fault: 'MustUnderstand', notUnderstood: { uri: 'urn:other', local: 'trace' } });
    expect(refused(heartbeat(marked('s:mustUnderstand=" 1 "'))).fault).toBe('MustUnderstand');
  });

  it.each([
    ['without the mark', marked('')],
    ['marked false', marked('s:mustUnderstand="0"')],
    ['with a mark of another namespace', marked('mustUnderstand="1"')],
    ['for somebody else', marked('s:mustUnderstand="1" s:role="urn:proxy"')],
    ['for nobody', marked('s:mustUnderstand="1" s:role="http://www.w3.org/2003/05/soap-envelope/role/none"')],
    ['of addressing', marked('s:mustUnderstand="1"', 'wsa:To')],
    ['with the identity', marked('s:mustUnderstand="1"', 'cs:chargeBoxIdentity')],
  ])('%s are passed over', (_what, header) => {
    expect(names(understood(heartbeat(header)))).toEqual([]);
  });

  it('for the one who comes next are for us', () => {
    const next = 'http://www.w3.org/2003/05/soap-envelope/role/next';
    expect(refused(heartbeat(marked(`s:mustUnderstand="1" s:role="${next}"`))).fault).toBe('MustUnderstand');
  });

  it.each([
    ['', ['no-message-id', 'no-action', 'no-from']],
    [usual('Heartbeat').replace('urn:uuid:1', '\n 4711 '), ['message-id-white-space', 'message-id-form']],
    [usual('Authorize'), ['action-mismatch']],
    [usual('Heartbeat', 'http://:8082/'), ['from-unusable']],
    [usual('Heartbeat', 'http://localhost:8080/'), ['from-unusable']],
    [usual('Heartbeat', 'http://127.0.0.1:8080/'), ['from-unusable']],
    [usual('Heartbeat', 'http://www.w3.org/2005/08/addressing/anonymous'), ['from-unusable']],
    [usual('Heartbeat').replace(/<\/?wsa:Address>/g, ''), ['from-without-address']],
    [`${usual('Heartbeat')}<wsa:FaultTo/>`, ['fault-to']],
    [
      `${usual('Heartbeat')}<wsa:ReplyTo><wsa:Address>http://10.0.0.5/</wsa:Address></wsa:ReplyTo>`,
      ['reply-to-not-anonymous'],
    ],
    [
      usual('Heartbeat')
        .replaceAll('wsa:Action', 'wsa:Action xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing"')
        .replace(/<\/wsa:Action [^>]*>/, '</wsa:Action>'),
      ['old-addressing'],
    ],
  ])('of addressing are optional, and noted: %s', (headers, quirks) => {
    expect(names(understood(envelope({ headers })))).toEqual(quirks);
  });
});

describe('fields', () => {
  const reading = '<cs:timestamp>2026-03-01T12:00:00Z</cs:timestamp><cs:value>1</cs:value>';
  const unread = '<cs:timestamp>2026-03-01T12:00:00Z</cs:timestamp>';
  const values = `<cs:values>${unread}</cs:values><cs:values>${reading}</cs:values>`;

  it.each<[string, string, string, object]>([
    [
      'a stop',
      'StopTransaction',
      `<cs:stopTransactionRequest><cs:transactionId>7</cs:transactionId><cs:timestamp>2026-03-01T12:00:00Z</cs:timestamp><cs:meterStop>5</cs:meterStop><cs:transactionData>${values}</cs:transactionData></cs:stopTransactionRequest>`,
      { transactionId: 7, meterStop: 5, transactionData: [{ values: [{ value: [{ value: '1' }] }] }] },
    ],
    [
      'meter values',
      'MeterValues',
      `<cs:meterValuesRequest><cs:connectorId>1</cs:connectorId>${values}</cs:meterValuesRequest>`,
      { connectorId: 1, values: [{ value: [{ value: '1' }] }] },
    ],
  ])('readings that have no value are left out of %s, and refuse nothing else', (_what, operation, body, request) => {
    const xml = envelope({ headers: usual(operation), body });
    const message = understood(xml);
    expect(message).toMatchObject({ operation, request });
    expect(names(message)).toEqual(['unreadable-field']);
    expect(refused(xml, undefined, readStrictly)).toMatchObject({ fault: 'ProtocolError', operation });
  });

  it('that are missing or unreadable are all named in one refusal', () => {
    const body = '<cs:startTransactionRequest><cs:connectorId>one</cs:connectorId></cs:startTransactionRequest>';
    const answer = refused(starting(body));
    expect(answer.detail).toContain('startTransactionRequest/connectorId cannot be read ("one")');
    expect(answer.detail).toContain('startTransactionRequest/idTag is missing or cannot be read');
    const without = refused(starting(body.replace('<cs:connectorId>one</cs:connectorId>', '')));
    expect(without.detail).toContain('startTransactionRequest/connectorId is missing;');
  });

  it.each([
    ['7', 7, []],
    [' \n+7 ', 7, []],
    ['007', 7, []],
    ['7.0', 7, ['number-form']],
    ['2147483647', 2_147_483_647, []],
    ['-0', 0, []],
    ['12.5', 13, ['number-form']],
    [' 120450,49 ', 120_450, ['number-form']],
    ['-0.4', 0, ['number-form']],
    ['0,500', 1, ['number-form']],
    ['.5', 1, ['number-form']],
    ['1.2045e+05', 120_450, ['number-form']],
    ['2147483648', 2_147_483_648, ['out-of-range']],
    ['-2147483649', -2_147_483_649, ['out-of-range']],
    ['9007199254740991', Number.MAX_SAFE_INTEGER, ['out-of-range']],
  ])('that a meter shows read %j as a number', (text, number, quirks) => {
    const message = understood(starting(start().replace('>1000<', `>${text}<`)));
    expect((message.request as { meterStart: number }).meterStart).toBe(number);
    expect(names(message)).toEqual(quirks);
  });

  // A comma before three digits may part thousands, and a unit may be another than Wh: a guess would cost a thousandfold.
  it.each(['12x', '0x10', '120450 Wh', '12,500', '1.234.567', '1e999', '9007199254740992', '--1', '.', '١'])(
    'of transaction data that are no number are left out, and noted: %s',
    (text) => {
      const message = understood(starting(start().replace('>1000<', `>${text}<`)));
      expect(message.request).not.toHaveProperty('meterStart');
      expect(message.quirks).toEqual([{ name: 'unreadable-field', path: 'startTransactionRequest/meterStart', text }]);
    },
  );

  it.each(['7.5', '7,5', '1e3', '2147483648'])('that name something are no numbers of other forms: %s', (text) => {
    const body = start().replace('</cs:startTransactionRequest>', `<cs:reservationId>${text}</cs:reservationId>$&`);
    const message = understood(starting(body));
    expect(message.request).not.toHaveProperty('reservationId');
    expect(names(message)).toEqual(['unreadable-field']);
  });

  it('hold markup where text belongs as text', () => {
    const message = understood(data('<cs:data>a &lt; <b c="&quot;d&quot;">e<f/></b> g</cs:data>'));
    expect((message.request as { data: string }).data).toBe('a &lt; <b c="&quot;d&quot;">e<f></f></b> g');
    expect(names(message)).toEqual(['raw-markup']);
  });

  it('may be cut by comments and CDATA', () => {
    const message = understood(data('<cs:data>a<!-- b -->c<![CDATA[<d> & ]]>e</cs:data>'));
    expect((message.request as { data: string }).data).toBe('ac<d> & e');
    expect(names(message)).toEqual([]);
  });

  it.each(['true', '1', ' true '])('marked nil are absent: %s', (nil) => {
    const xsi = 'http://www.w3.org/2001/XMLSchema-instance';
    const message = understood(data(`<cs:data xmlns:xsi="${xsi}" xsi:nil="${nil}"/>`));
    expect(message.request).toEqual({ vendorId: 'v' });
    expect(names(message)).toEqual(['nil-field']);
  });

  it('of an unbounded number are noted in a bounded number, each name at least once', () => {
    const odd = `<cs:${'n'.repeat(5_000)}/>`.repeat(100);
    const message = understood(data(`${odd}<cs:data/>`));
    expect(names(message)).toEqual([...Array.from({ length: 50 }, () => 'unknown-field'), 'empty-field']);
    expect(Math.max(...message.quirks.map(({ path = '' }) => path.length))).toBe(200);
  });
});

describe('strict mode', () => {
  it.each([
    [
      'a type of its own',
      data('<cs:data xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="i:string">x</cs:data>'),
    ],
    ['no address of its own', envelope({ headers: usual('Heartbeat').replace(/<wsa:From>.*/, '') })],
    ['a time without zone', starting(start({ timestamp: '2026-03-01T12:00:00' }))],
  ])('understands what the rules allow: %s', (_what, xml) => {
    expect(readStrictly(xml).kind).toBe('request');
  });

  it('refuses everything else, and lists it', () => {
    const xml = starting(
      start().replace('<cs:idTag>', '<cs:speed>9</cs:speed><cs:IDTAG>').replace('</cs:idTag>', '</cs:IDTAG>'),
    );
    expect(refused(xml, undefined, readStrictly)).toMatchObject({
      fault: 'ProtocolError',
      operation: 'StartTransaction',
      detail:
        'Strict mode refuses: unknown-field at startTransactionRequest/speed; field-case at startTransactionRequest/IDTAG.',
    });
  });

  it('sees what is forbidden behind any number of harmless deviations', () => {
    const values = '<cs:values><cs:timestamp>2026-03-01T12:00:00</cs:timestamp><cs:value>1</cs:value></cs:values>';
    const body = `<cs:meterValuesRequest><cs:connectorId>1</cs:connectorId>${values.repeat(60)}<cs:x/></cs:meterValuesRequest>`;
    const answer = refused(envelope({ body, headers: usual('MeterValues') }), undefined, readStrictly);
    expect(answer.detail).toContain('unknown-field at meterValuesRequest/x');
  });
});

describe('the envelope', () => {
  it('of SOAP 1.1 is read, and remembered for the answer', () => {
    const message = understood(envelope({ soap: 'http://schemas.xmlsoap.org/soap/envelope/' }));
    expect([message.soapVersion, ...names(message)]).toEqual(['1.1', 'soap-1.1']);
  });

  it.each([
    ['of another kind', envelope({ soap: 'urn:soap:9' }), 'VersionMismatch', 'urn:soap:9'],
    ['that is none', '<html><body/></html>', 'ProtocolError', 'not a SOAP envelope but html'],
    ['without Body', envelope().replace(/<s:Body>.*<\/s:Body>/, ''), 'ProtocolError', 'no Body'],
    [
      'with two Bodies',
      envelope().replace('</s:Envelope>', '<s:Body/></s:Envelope>'),
      'ProtocolError',
      'more than one Body',
    ],
  ])('%s is refused', (_what, xml, fault, detail) => {
    const answer = refused(xml);
    expect([answer.fault, answer.detail]).toEqual([fault, expect.stringContaining(detail)]);
  });
});

describe('the encoding', () => {
  const xml = envelope({ identity: 'Säule' });
  const declaring = (name: string, text = xml) => text.replace('UTF-8', name);
  const swapped = (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le').swap16();
  const soap = 'application/soap+xml';

  it.each([
    ['UTF-8', Buffer.from(xml), undefined, []],
    ['UTF-8 with a byte order mark', Buffer.from(`\uFEFF${xml}`), `${soap}; charset=utf-16`, ['byte-order-mark']],
    ['UTF-8 behind blank lines', Buffer.from(`\r\n\n${xml}`), undefined, ['leading-white-space']],
    ['UTF-8 that says UTF-16', Buffer.from(declaring('utf-16')), undefined, []],
    ['UTF-16, little end first', Buffer.from(`\uFEFF${xml}`, 'utf16le'), `${soap}; charset=utf-8`, ['byte-order-mark']],
    ['UTF-16, big end first', swapped(xml), `${soap}; charset="UTF-16"`, ['byte-order-mark']],
    ['UTF-16 without a mark', swapped(xml).subarray(2), `${soap}; charset=UTF-16`, []],
    ['Latin 1 by the content type', Buffer.from(xml, 'latin1'), `${soap};action="/X"; charset='ISO-8859-1'`, []],
    ['Latin 1 by the declaration', Buffer.from(declaring('iso-8859-1'), 'latin1'), soap, []],
    ['Latin 1 behind a blank', Buffer.from(`\n${declaring('windows-1252')}`, 'latin1'), soap, ['leading-white-space']],
  ])('%s is read', (_what, bytes, contentType, quirks) => {
    const message = understood(bytes, contentType);
    expect([message.chargeBoxIdentity, ...names(message)]).toEqual(['Säule', ...quirks]);
  });

  it.each([
    ['that nobody knows', Buffer.from(xml), `${soap}; charset=klingon`, 'not known: klingon'],
    ['that the bytes are not in', Buffer.from(xml, 'latin1'), soap, 'not valid utf-8'],
  ])('%s is refused', (_what, bytes, contentType, detail) => {
    expect(refused(bytes, contentType)).toMatchObject({
      fault: 'ProtocolError',
      detail: expect.stringContaining(detail) as string,
    });
  });

  it('is named by the media type, which is another one sometimes', () => {
    expect(names(understood(xml, 'text/xml; charset=utf-8'))).toEqual(['media-type']);
  });
});
