/** Deviations from the protocol that we live with, by name, with what they mean for the operator. Strict mode makes faults of those that a rule forbids. */
export const quirkTable = {
  'byte-order-mark': 'A byte order mark stands before the XML.',
  'leading-white-space': 'White space stands before the XML declaration.',
  'soap-1.1': 'The envelope is SOAP 1.1; OCPP wants 1.2.',
  'media-type': 'The Content-Type is not the one of SOAP 1.2.',
  'old-addressing': 'The WS-Addressing headers are of a version before 1.0.',
  'no-message-id': 'The message has no wsa:MessageID.',
  'message-id-form': 'The wsa:MessageID is not an absolute URI.',
  'message-id-white-space': 'White space surrounds the wsa:MessageID.',
  'no-action': 'The message has no wsa:Action.',
  'action-mismatch': 'The wsa:Action names another operation than the body.',
  'no-from': 'The message has no wsa:From, so it does not tell where the box can be called.',
  'from-without-address': 'wsa:From carries its address as plain text, without wsa:Address.',
  'from-unusable':
    'The address in wsa:From leads nowhere from another machine: no host, localhost, a loopback address (called only where OUTBOUND_ALLOW names it), the anonymous address, or not a URL.',
  'reply-to-not-anonymous':
    'wsa:ReplyTo is not the anonymous address; the answer goes back on the connection all the same.',
  'fault-to': 'wsa:FaultTo is present; it is not used.',
  'identity-case': 'The identity header is written in another letter case.',
  'identity-namespace': 'The identity header is in another namespace than the body.',
  'identity-white-space': 'White space surrounds the identity.',
  'other-service-namespace': "The body is in the other service's namespace.",
  'namespace-slash': 'The namespace of the body lacks its trailing slash, or has one too many.',
  'wrapper-case': 'The body element is written in another letter case.',
  'wrapper-name': 'The body element has a name or a namespace that its operation does not have.',
  'field-namespace': 'A field is in another namespace than its parent.',
  'field-case': 'The name of a field is written in another letter case.',
  'field-order': 'Fields stand in another order than the schema has them.',
  'unknown-field': 'A field is unknown to this version and was ignored.',
  'unknown-attribute': 'An attribute is unknown to this version and was ignored.',
  'repeated-field': 'A field stands more often than it may; the first one counts.',
  'empty-field': 'A field is present but empty; it counts as absent.',
  'nil-field': 'A field is marked nil; it counts as absent.',
  'missing-field': 'A mandatory field is missing; the rest was kept.',
  'unreadable-field': 'A field cannot be read as its type; its text was kept.',
  'too-long': 'A text is longer than the specification allows; it was kept in full.',
  'enum-case': 'A value of an enumeration is written in another letter case.',
  'unknown-literal': 'A value is not one of its enumeration; its text was kept.',
  'number-form': 'A whole number is written in another form, such as with a fraction; it was rounded.',
  'out-of-range': 'A number is outside the range that the specification allows; it was kept.',
  'boolean-form': 'A boolean is written in another way than true, false, 1 or 0.',
  'raw-markup': 'Markup stands where text belongs; it was kept as text.',
  'time-without-zone': 'A time has no zone; it was read in the zone of the charge box, UTC by default.',
  'time-impossible': 'A time does not exist or cannot be right; the time of receipt counts.',
  'identity-changed-address': 'Messages of this identity come from alternating addresses: two boxes may share it.',
} as const satisfies Record<string, string>;

export type QuirkName = keyof typeof quirkTable;

/** One deviation seen: its name, the path of the field, the text as sent (at most 200 characters). */
export interface Quirk {
  readonly name: QuirkName;
  readonly path?: string;
  readonly text?: string;
}
