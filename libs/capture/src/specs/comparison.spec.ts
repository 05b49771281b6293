import { ocpp15 } from '@app/ocpp';
import { createResponseWriter, writeFault } from '@app/soap';
import { comparable, differencesOf } from '../replay/comparison';

const write = createResponseWriter(ocpp15.centralSystem);
const answer = (operation: string, response: object) => ({
  status: 200,
  text: write(operation, response, {
    soapVersion: '1.2',
    bodyNamespace: ocpp15.centralSystem.namespace,
    messageId: 'urn:1',
  }),
});
const fault = (name: 'ProtocolError' | 'SecurityError', detail: string) => {
  const { xml, status } = writeFault({ fault: name, detail, soapVersion: '1.2', messageId: 'urn:1' });
  return { text: xml, status };
};
const between = (
  operation: string | undefined,
  one: { text: string; status: number },
  other: { text: string; status: number },
  masked = false,
) => differencesOf(comparable(one, operation, masked), comparable(other, operation, masked));

describe('two answers', () => {
  it('are the same when only times and ids of transactions are new', () => {
    const time = (currentTime: string) => answer('Heartbeat', { currentTime });
    expect(between('Heartbeat', time('2026-03-01T12:00:00Z'), time('2026-04-01T12:00:00Z'))).toEqual([]);
    const started = (transactionId: number) =>
      answer('StartTransaction', { transactionId, idTagInfo: { status: 'Accepted' } });
    expect(between('StartTransaction', started(7), started(4711))).toEqual([]);
    expect(comparable(started(7), 'StartTransaction', false).transactionId).toBe(7);
    expect(between('StartTransaction', started(7), started(0))).toEqual(['transactionId: an id, now no id']);
  });

  it('differ in each field that says something else', () => {
    const one = answer('Authorize', { idTagInfo: { status: 'Accepted', parentIdTag: 'FAMILY' } });
    const other = answer('Authorize', { idTagInfo: { status: 'Expired', expiryDate: '2026-03-01T12:00:00Z' } });
    expect(between('Authorize', one, other)).toEqual([
      'idTagInfo.status: Accepted, now Expired',
      'idTagInfo.parentIdTag: FAMILY, now absent',
      'idTagInfo.expiryDate: absent, now 2026-03-01T12:00:00Z',
    ]);
  });

  it('with pseudonyms are compared by whether there is an idTag', () => {
    const one = answer('Authorize', { idTagInfo: { status: 'Accepted', parentIdTag: 'FAMILY' } });
    const other = answer('Authorize', { idTagInfo: { status: 'Accepted', parentIdTag: 'QWERTZ' } });
    const none = answer('Authorize', { idTagInfo: { status: 'Accepted' } });
    expect(between('Authorize', one, other)).toHaveLength(1);
    expect(between('Authorize', one, other, true)).toEqual([]);
    expect(between('Authorize', one, none, true)).toEqual(['idTagInfo.parentIdTag: an idTag, now absent']);
  });

  it('that are faults differ by their names and statuses, not by their sentences', () => {
    expect(between(undefined, fault('ProtocolError', 'One.'), fault('ProtocolError', 'Another.'))).toEqual([]);
    const strict = { ...fault('ProtocolError', ''), status: 500 };
    expect(between(undefined, fault('ProtocolError', ''), strict)).toEqual(['status: 400, now 500']);
    expect(between('Heartbeat', fault('ProtocolError', ''), fault('SecurityError', ''))).toEqual([
      'fault: ProtocolError, now SecurityError',
    ]);
    const response = answer('Heartbeat', { currentTime: '2026-03-01T12:00:00Z' });
    expect(between('Heartbeat', fault('ProtocolError', ''), response)).toEqual([
      'status: 400, now 200',
      'fault: ProtocolError, now absent',
      'currentTime: absent, now a time',
    ]);
  });

  it('differ when one of them cannot be read', () => {
    const response = answer('Heartbeat', { currentTime: '2026-03-01T12:00:00Z' });
    expect(between('Heartbeat', response, { status: 404, text: 'Charge boxes are elsewhere.' })).toEqual([
      'status: 200, now 404',
      'currentTime: a time, now absent',
      'unreadable: absent, now not-xml',
    ]);
  });
});
