import { ocpp15 } from '@app/ocpp';
import { cs, envelope } from '../../../test/support/envelopes';
import type { FaultMessage, ReadAnswer } from './index';
import { createResponseReader, writeFault } from './index';

const reader = createResponseReader({ version: ocpp15, side: 'chargePoint' });
const read = (operation: string, source: string | Buffer) => reader(source, { operation });
const cp = 'urn://Ocpp/Cp/2012/06/';
const bare = (body: string, soap = 'http://www.w3.org/2003/05/soap-envelope') =>
  `<s:Envelope xmlns:s="${soap}" xmlns:cp="${cp}"><s:Body>${body}</s:Body></s:Envelope>`;
const accepted = '<cp:status>Accepted</cp:status>';
const names = ({ quirks }: ReturnType<ReadAnswer>) => quirks.map(({ name }) => name);

describe('a response', () => {
  it('needs no header', () => {
    expect(read('Reset', bare(`<cp:resetResponse>${accepted}</cp:resetResponse>`))).toEqual({
      kind: 'response',
      response: { status: 'Accepted' },
      soapVersion: '1.2',
      quirks: [],
    });
  });

  it('tells to which request it belongs, whatever else stands in its header', () => {
    const headers =
      '<wsa:RelatesTo RelationshipType="x"> urn:uuid:4 </wsa:RelatesTo><wsa:Action s:mustUnderstand="1">/Reset</wsa:Action><x:y xmlns:x="u" s:mustUnderstand="1"/>';
    const body = `<resetResponse xmlns="${cp}"><status>rejected</status></resetResponse>`;
    const answer = read('Reset', Buffer.from(envelope({ headers, body })));
    expect(answer).toMatchObject({ kind: 'response', response: { status: 'Rejected' }, relatesTo: 'urn:uuid:4' });
    expect(names(answer)).toEqual(['enum-case']);
  });

  it.each([
    ['in another letter case', `<cp:ResetRESPONSE>${accepted}</cp:ResetRESPONSE>`, ['wrapper-case']],
    ['under another name', `<cp:resetConf>${accepted}</cp:resetConf>`, ['wrapper-name']],
    [
      'in the other namespace',
      `<resetResponse xmlns="${cs}"><status>Accepted</status></resetResponse>`,
      ['other-service-namespace'],
    ],
    [
      'without the slash',
      `<resetResponse xmlns="${cp.slice(0, -1)}"><status>Accepted</status></resetResponse>`,
      ['namespace-slash'],
    ],
    ['in no namespace', '<resetResponse><status>Accepted</status></resetResponse>', ['wrapper-name']],
  ])('%s is taken for what it says', (_what, body, quirks) => {
    const answer = read('Reset', bare(body));
    expect(answer).toMatchObject({ kind: 'response', response: { status: 'Accepted' } });
    expect(names(answer)).toEqual(quirks);
  });

  it('keeps what can be read of a list', () => {
    const good = '<cp:configurationKey><cp:key>a</cp:key><cp:readonly>True</cp:readonly></cp:configurationKey>';
    const half = '<cp:configurationKey><cp:key>b</cp:key></cp:configurationKey>';
    const body = `<cp:getConfigurationResponse><cp:configurationKey>plain</cp:configurationKey>${half}${good}</cp:getConfigurationResponse>`;
    const answer = read('GetConfiguration', bare(body));
    expect(answer).toMatchObject({ response: { configurationKey: [{ key: 'a', readonly: true }] } });
    expect(answer.quirks.map(({ name, text }) => `${name} ${text}`)).toEqual([
      'unreadable-field plain',
      'unreadable-field <cp:key>b</cp:key>',
      'boolean-form True',
    ]);
  });

  it.each([
    [
      'of another operation',
      'Reset',
      bare('<cp:getLocalListVersionResponse><cp:listVersion>1</cp:listVersion></cp:getLocalListVersionResponse>'),
      'something else: getLocalListVersionResponse',
    ],
    ['without what it must have', 'Reset', bare('<cp:resetResponse/>'), 'status is missing'],
    ['that says nothing known', 'GetConfiguration', bare('<cp:other><cp:thing/></cp:other>'), 'something else: other'],
    ['with two bodies', 'Reset', bare('<cp:resetResponse/><cp:resetResponse/>'), 'holds 2 elements'],
    ['with no body', 'Reset', bare(''), 'The Body is empty'],
    ['of a proxy', 'Reset', '<!-- login --><html><body>Sign on</body></html>', 'not a SOAP envelope but html'],
    ['of a proxy of our days', 'Reset', '<!DOCTYPE html><html></html>', 'document type declaration'],
    ['that is no XML', 'Reset', 'OK', 'not XML'],
  ])('%s is unreadable', (_what, operation, text, detail) => {
    const answer = read(operation, text);
    expect([answer.kind, answer.kind === 'unreadable' && answer.detail]).toEqual([
      'unreadable',
      expect.stringContaining(detail),
    ]);
  });

  it.each(['', ' \r\n'])('may be nothing at all: %j', (text) => {
    expect(read('Reset', Buffer.from(text))).toMatchObject({ kind: 'unreadable', reason: 'empty' });
  });

  it('to an operation that is none of this service is a mistake of ours', () => {
    expect(() => read('Heartbeat', '')).toThrow(RangeError);
  });
});

describe('a fault', () => {
  it.each([
    ['IdentityMismatch', '1.2', { code: 'Sender', fault: 'IdentityMismatch', subcode: 'IdentityMismatch' }],
    ['NotSupported', '1.1', { code: 'Receiver', fault: 'NotSupported', subcode: 'NotSupported' }],
    ['VersionMismatch', '1.2', { code: 'VersionMismatch' }],
    ['MustUnderstand', '1.1', { code: 'MustUnderstand' }],
  ] as const)('%s in SOAP %s is read as it was written', (fault, soapVersion, expected) => {
    const message: FaultMessage = {
      fault,
      soapVersion,
      detail: 'Why <so>?',
      messageId: 'urn:x:1',
      relatesTo: 'urn:x:0',
    };
    expect(read('Reset', writeFault(message).xml)).toEqual({
      kind: 'fault',
      ...expected,
      detail: expect.stringContaining('Why <so>?') as string,
      soapVersion,
      relatesTo: 'urn:x:0',
      quirks: soapVersion === '1.1' ? [{ name: 'soap-1.1' }] : [],
    });
  });

  it('may lack a subcode and a reason, or have one that OCPP does not know', () => {
    const without = bare('<s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code></s:Fault>');
    expect(read('Reset', without)).toMatchObject({ kind: 'fault', code: 'Sender', detail: '' });
    expect(read('Reset', without)).not.toHaveProperty('subcode');
    const strange = without.replace('</s:Code>', '<s:Subcode><s:Value>q:UrlMismatch</s:Value></s:Subcode></s:Code>');
    expect(read('Reset', strange)).toMatchObject({ subcode: 'UrlMismatch' });
    expect(read('Reset', strange)).not.toHaveProperty('fault');
  });

  it('of SOAP 1.1 may come to a request in 1.2', () => {
    const soap11 = 'http://schemas.xmlsoap.org/soap/envelope/';
    const body = '<s:Fault><faultcode>s:Client</faultcode><faultstring> No. </faultstring></s:Fault>';
    expect(read('Reset', bare(body, soap11))).toMatchObject({
      kind: 'fault',
      code: 'Sender',
      detail: 'No.',
      soapVersion: '1.1',
    });
  });
});
