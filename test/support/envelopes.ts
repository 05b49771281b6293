/** An envelope in our own words, with parts that a test can change. */
export interface EnvelopeParts {
  readonly identity?: string;
  readonly headers?: string;
  readonly body?: string;
  readonly soap?: string;
  readonly namespace?: string;
}

export const cs = 'urn://Ocpp/Cs/2012/06/';

export function envelope({
  identity = 'BOX-1',
  headers,
  body = '<cs:heartbeatRequest/>',
  soap = 'http://www.w3.org/2003/05/soap-envelope',
  namespace = cs,
}: EnvelopeParts = {}): string {
  const usual =
    headers ??
    '<wsa:Action>/Heartbeat</wsa:Action><wsa:MessageID>urn:uuid:1</wsa:MessageID><wsa:From><wsa:Address>http://10.0.0.5:8080/</wsa:Address></wsa:From>';
  return (
    '<?xml version="1.0" encoding="UTF-8"?>' +
    `<s:Envelope xmlns:s="${soap}" xmlns:wsa="http://www.w3.org/2005/08/addressing" xmlns:cs="${namespace}">` +
    `<s:Header><cs:chargeBoxIdentity>${identity}</cs:chargeBoxIdentity>${usual}</s:Header><s:Body>${body}</s:Body></s:Envelope>`
  );
}

export const boot =
  '<cs:bootNotificationRequest><cs:chargePointVendor>Acme</cs:chargePointVendor><cs:chargePointModel>Duo</cs:chargePointModel></cs:bootNotificationRequest>';

export function start({
  connectorId = 1,
  idTag = 'CARD',
  timestamp = '2026-03-01T12:00:00Z',
  meterStart = 1_000,
} = {}): string {
  return (
    `<cs:startTransactionRequest><cs:connectorId>${connectorId}</cs:connectorId><cs:idTag>${idTag}</cs:idTag>` +
    `<cs:timestamp>${timestamp}</cs:timestamp><cs:meterStart>${meterStart}</cs:meterStart></cs:startTransactionRequest>`
  );
}
