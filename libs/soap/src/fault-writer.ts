import type { FaultName } from '@app/ocpp';
import { faultTable } from '@app/ocpp';
import type { SoapVersion } from './namespaces';
import { addressing, faultAction, soapNamespaces } from './namespaces';
import type { SoapFaultName } from './request-reader';
import { escaped } from './text';

/** Namespace of the codes of OCPP inside a fault: that of the service, as most boxes have met it (not that of the text, 8.2). */
export const faultNamespace = 'urn://Ocpp/Cs/2012/06/';

export interface FaultMessage {
  readonly fault: FaultName | SoapFaultName;
  /** What was wrong in this case, for people. */
  readonly detail: string;
  readonly soapVersion: SoapVersion;
  readonly messageId: string;
  readonly relatesTo?: string;
  readonly notUnderstood?: { readonly uri: string; readonly local: string };
}

export interface WrittenFault {
  readonly xml: string;
  /** Status of the SOAP 1.2 HTTP binding: 400 when the sender is at fault, else 500. SOAP 1.1 knows only 500. */
  readonly status: 400 | 500;
}

const soapFaults: Readonly<Record<SoapFaultName, string>> = {
  VersionMismatch: 'The envelope is of a version that is not served here.',
  MustUnderstand: 'A header that must be understood is not understood.',
};

/** Writes a fault in the SOAP version of its request. */
export function writeFault(message: FaultMessage): WrittenFault {
  const ocpp = isOcpp(message.fault) ? faultTable[message.fault] : undefined;
  const sender = ocpp?.code === 'Sender';
  const body = message.soapVersion === '1.2' ? fault12(message) : fault11(message);
  const relation =
    message.relatesTo === undefined ? '' : `<wsa:RelatesTo>${escaped(message.relatesTo)}</wsa:RelatesTo>`;
  const xml =
    '<?xml version="1.0" encoding="UTF-8"?>' +
    `<soap:Envelope xmlns:soap="${soapNamespaces[message.soapVersion]}" xmlns:wsa="${addressing}"><soap:Header>` +
    `${offending(message)}<wsa:Action>${faultAction}</wsa:Action><wsa:MessageID>${message.messageId}</wsa:MessageID>${relation}` +
    `</soap:Header><soap:Body><soap:Fault>${body}</soap:Fault></soap:Body></soap:Envelope>`;
  return { xml, status: sender && message.soapVersion === '1.2' ? 400 : 500 };
}

function isOcpp(fault: FaultMessage['fault']): fault is FaultName {
  return Object.hasOwn(faultTable, fault);
}

function reasonOf({ fault, detail }: FaultMessage): string {
  return escaped(`${isOcpp(fault) ? faultTable[fault].reason : soapFaults[fault]} ${detail}`.slice(0, 4_000));
}

function fault12(message: FaultMessage): string {
  const { fault } = message;
  const code = isOcpp(fault) ? faultTable[fault].code : fault;
  const subcode = isOcpp(fault)
    ? `<soap:Subcode><soap:Value xmlns:ocpp="${faultNamespace}">ocpp:${fault}</soap:Value></soap:Subcode>`
    : '';
  return (
    `<soap:Code><soap:Value>soap:${code}</soap:Value>${subcode}</soap:Code>` +
    `<soap:Reason><soap:Text xml:lang="en">${reasonOf(message)}</soap:Text></soap:Reason>`
  );
}

// SOAP 1.1 has no subcodes: the code of OCPP is a further part of the code, and its children have no namespace.
function fault11(message: FaultMessage): string {
  const { fault } = message;
  const side = isOcpp(fault) ? `${faultTable[fault].code === 'Sender' ? 'Client' : 'Server'}.${fault}` : fault;
  return `<faultcode>soap:${side}</faultcode><faultstring xml:lang="en">${reasonOf(message)}</faultstring>`;
}

// SOAP 1.2, part 1, 5.4.7 and 5.4.8: headers that say which version or which header is meant.
function offending({ fault, soapVersion, notUnderstood }: FaultMessage): string {
  if (soapVersion !== '1.2') return '';
  if (fault === 'VersionMismatch') {
    return `<soap:Upgrade><soap:SupportedEnvelope qname="soap:Envelope"/></soap:Upgrade>`;
  }
  if (fault !== 'MustUnderstand' || notUnderstood === undefined) return '';
  return `<soap:NotUnderstood xmlns:missing="${escaped(notUnderstood.uri)}" qname="missing:${escaped(notUnderstood.local)}"/>`;
}
