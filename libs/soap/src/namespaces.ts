/** Names that others gave: SOAP, WS-Addressing, XML Schema. */

export type SoapVersion = '1.1' | '1.2';

export const soapNamespaces: Readonly<Record<SoapVersion, string>> = {
  '1.1': 'http://schemas.xmlsoap.org/soap/envelope/',
  '1.2': 'http://www.w3.org/2003/05/soap-envelope',
};

export const addressing = 'http://www.w3.org/2005/08/addressing';
export const anonymous = `${addressing}/anonymous`;
export const faultAction = `${addressing}/soap/fault`;

/** Versions of WS-Addressing before 1.0; their headers are understood all the same. */
export const oldAddressing: ReadonlySet<string> = new Set([
  'http://schemas.xmlsoap.org/ws/2004/08/addressing',
  'http://schemas.xmlsoap.org/ws/2004/03/addressing',
  'http://schemas.xmlsoap.org/ws/2003/03/addressing',
]);

export const schemaInstance = 'http://www.w3.org/2001/XMLSchema-instance';

/** Media type of an envelope. Never with `action`: some boxes take only their own echo of it. */
export function contentTypeOf(version: SoapVersion): string {
  return version === '1.2' ? 'application/soap+xml; charset=utf-8' : 'text/xml; charset=utf-8';
}
