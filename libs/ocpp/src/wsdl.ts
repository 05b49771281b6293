import type { Field, Kind, StructKind } from './schema';
import { fieldOf, fieldsOf } from './schema';
import type { MessageDirection, Service } from './operation';
import { actionOf, wrapperName } from './operation';

// A service description is text made from the operation table, never edited by hand. Limits that only the text of the
// specification has are not in the schema: a box may go beyond them and still send valid messages.

const xsd = {
  string: 's:string',
  anyURI: 's:anyURI',
  int: 's:int',
  boolean: 's:boolean',
  instant: 's:dateTime',
} as const;
const directions: readonly MessageDirection[] = ['request', 'response'];

/** The WSDL 1.1 of a service (SOAP 1.2, document/literal) with the address where it is served. */
export function renderWsdl(service: Service, address: string): string {
  const operations = Object.keys(service.operations);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!-- Generated from the operation table by `npm run generate`. Do not edit. -->',
    `<wsdl:definitions name="${service.name}" targetNamespace="${service.namespace}"`,
    `    xmlns:tns="${service.namespace}" xmlns:s="http://www.w3.org/2001/XMLSchema"`,
    '    xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap12="http://schemas.xmlsoap.org/wsdl/soap12/"',
    '    xmlns:wsaw="http://www.w3.org/2006/05/addressing/wsdl">',
    '  <wsdl:types>',
    ...indent(4, schemaOf(service)),
    '  </wsdl:types>',
    ...indent(2, messagesOf(operations)),
    ...indent(2, portTypeOf(service, operations)),
    ...indent(2, bindingOf(service, operations)),
    `  <wsdl:service name="${service.name}">`,
    `    <wsdl:port name="${service.name}Soap12" binding="tns:${service.name}Soap12">`,
    `      <soap12:address location="${attribute(address)}"/>`,
    '    </wsdl:port>',
    '  </wsdl:service>',
    '</wsdl:definitions>',
    '',
  ].join('\n');
}

function indent(columns: number, lines: readonly string[]): readonly string[] {
  return lines.map((line) => ' '.repeat(columns) + line);
}

function attribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

/** The schema: named types first, then a wrapper element for each message, then the identity header. */
function schemaOf(service: Service): readonly string[] {
  const named = new Map<string, readonly string[]>();
  const wrappers = Object.entries(service.operations).flatMap(([operation, messages]) =>
    directions.flatMap((direction) => {
      const kind = messages[direction];
      collectNamed(kind, named);
      return [
        `<s:element name="${wrapperName(operation, direction)}">`,
        ...indent(2, complexType(kind)),
        '</s:element>',
      ];
    }),
  );
  return [
    `<s:schema targetNamespace="${service.namespace}" elementFormDefault="qualified">`,
    ...indent(2, [...named.values()].flat()),
    ...indent(2, wrappers),
    '  <s:element name="chargeBoxIdentity" type="s:string"/>',
    '</s:schema>',
  ];
}

function collectNamed(kind: Kind, named: Map<string, readonly string[]>): void {
  if (kind.kind === 'struct') for (const { of } of fieldsOf(kind)) collectNamed(of, named);
  if (kind.kind === 'attributedText') for (const of of Object.values(kind.attributes)) collectNamed(of, named);
  const name = 'name' in kind ? kind.name : undefined;
  if (name !== undefined && !named.has(name)) named.set(name, namedType(name, kind));
}

function namedType(name: string, kind: Kind): readonly string[] {
  if (kind.kind === 'struct') return complexType(kind, name);
  const facets =
    kind.kind === 'enum'
      ? kind.literals.map((literal) => `<s:enumeration value="${attribute(literal)}"/>`)
      : [`<s:maxLength value="${kind.kind === 'string' ? (kind.max ?? 0) : 0}"/>`];
  return [
    `<s:simpleType name="${name}">`,
    '  <s:restriction base="s:string">',
    ...indent(4, facets),
    '  </s:restriction>',
    '</s:simpleType>',
  ];
}

function complexType(kind: StructKind, name?: string): readonly string[] {
  const fields = fieldsOf(kind);
  const open = name === undefined ? '<s:complexType>' : `<s:complexType name="${name}">`;
  if (fields.length === 0) return [open, '  <s:sequence/>', '</s:complexType>'];
  const elements = fields.flatMap((field) => elementOf(field.name, field));
  return [open, '  <s:sequence>', ...indent(4, elements), '  </s:sequence>', '</s:complexType>'];
}

function elementOf(name: string, field: Field): readonly string[] {
  const least = field.occurs === 'optional' || field.occurs === 'many' ? 0 : 1;
  const most = field.occurs === 'many' || field.occurs === 'some' ? 'unbounded' : 1;
  const opening = `<s:element name="${name}" minOccurs="${least}" maxOccurs="${most}"`;
  if (field.of.kind !== 'attributedText') return [`${opening} type="${typeName(field.of)}"/>`];
  const attributes = Object.entries(field.of.attributes).map(
    ([attributeName, kind]) =>
      `<s:attribute name="${attributeName}" type="${typeName(fieldOf(kind).of)}" use="optional"/>`,
  );
  return [
    `${opening}>`,
    '  <s:complexType>',
    '    <s:simpleContent>',
    '      <s:extension base="s:string">',
    ...indent(8, attributes),
    '      </s:extension>',
    '    </s:simpleContent>',
    '  </s:complexType>',
    '</s:element>',
  ];
}

function typeName(kind: Kind): string {
  if ('name' in kind && kind.name !== undefined) return `tns:${kind.name}`;
  if (kind.kind === 'string') return xsd[kind.xsd];
  return kind.kind === 'int' || kind.kind === 'boolean' || kind.kind === 'instant' ? xsd[kind.kind] : 's:anyType';
}

const capitalised = (direction: MessageDirection): string => (direction === 'request' ? 'Request' : 'Response');

function messagesOf(operations: readonly string[]): readonly string[] {
  const header = [
    '<wsdl:message name="ChargeBoxIdentityHeader">',
    '  <wsdl:part name="ChargeBoxIdentity" element="tns:chargeBoxIdentity"/>',
    '</wsdl:message>',
  ];
  const messages = operations.flatMap((operation) =>
    directions.flatMap((direction) => [
      `<wsdl:message name="${operation}${capitalised(direction)}">`,
      `  <wsdl:part name="parameters" element="tns:${wrapperName(operation, direction)}"/>`,
      '</wsdl:message>',
    ]),
  );
  return [...header, ...messages];
}

function portTypeOf(service: Service, operations: readonly string[]): readonly string[] {
  const entries = operations.flatMap((operation) => [
    `<wsdl:operation name="${operation}">`,
    `  <wsdl:documentation>${attribute(service.operations[operation]?.doc ?? '')}</wsdl:documentation>`,
    `  <wsdl:input message="tns:${operation}Request" wsaw:Action="${actionOf(operation, 'request')}"/>`,
    `  <wsdl:output message="tns:${operation}Response" wsaw:Action="${actionOf(operation, 'response')}"/>`,
    '</wsdl:operation>',
  ]);
  return [`<wsdl:portType name="${service.name}">`, ...indent(2, entries), '</wsdl:portType>'];
}

function bindingOf(service: Service, operations: readonly string[]): readonly string[] {
  const entries = operations.flatMap((operation) => [
    `<wsdl:operation name="${operation}">`,
    `  <soap12:operation soapAction="${actionOf(operation, 'request')}" style="document"/>`,
    '  <wsdl:input>',
    '    <soap12:header use="literal" message="tns:ChargeBoxIdentityHeader" part="ChargeBoxIdentity"/>',
    '    <soap12:body use="literal"/>',
    '  </wsdl:input>',
    '  <wsdl:output><soap12:body use="literal"/></wsdl:output>',
    '</wsdl:operation>',
  ]);
  return [
    `<wsdl:binding name="${service.name}Soap12" type="tns:${service.name}">`,
    '  <wsaw:UsingAddressing/>',
    '  <soap12:binding transport="http://schemas.xmlsoap.org/soap/http" style="document"/>',
    ...indent(2, entries),
    '</wsdl:binding>',
  ];
}
