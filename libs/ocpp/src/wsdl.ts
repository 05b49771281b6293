import type { AttributedTextKind, Field, Kind, StructKind } from './schema';
import { fieldsOf } from './schema';
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
  const namespace = escaped(service.namespace);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!-- Generated from the operation table by `npm run generate`. Do not edit. -->',
    `<wsdl:definitions name="${service.name}" targetNamespace="${namespace}"`,
    `    xmlns:tns="${namespace}" xmlns:s="http://www.w3.org/2001/XMLSchema"`,
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
    `      <soap12:address location="${escaped(address)}"/>`,
    '    </wsdl:port>',
    '  </wsdl:service>',
    '</wsdl:definitions>',
    '',
  ].join('\n');
}

function indent(columns: number, lines: readonly string[]): readonly string[] {
  return lines.map((line) => ' '.repeat(columns) + line);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
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
        ...indent(2, complexType(kind, '')),
        '</s:element>',
      ];
    }),
  );
  return [
    `<s:schema targetNamespace="${escaped(service.namespace)}" elementFormDefault="qualified">`,
    ...indent(2, [...named.values()].flat()),
    ...indent(2, wrappers),
    '  <s:element name="chargeBoxIdentity" type="s:string"/>',
    '</s:schema>',
  ];
}

function collectNamed(kind: Kind, named: Map<string, readonly string[]>): void {
  if (kind.kind === 'struct') for (const { of } of fieldsOf(kind)) collectNamed(of, named);
  if (kind.kind === 'attributedText') for (const of of Object.values(kind.attributes)) collectNamed(of, named);
  const name = nameIn(kind);
  if (name !== undefined && !named.has(name)) named.set(name, anonymousType(kind, ` name="${name}"`));
}

function nameIn(kind: Kind): string | undefined {
  return 'name' in kind ? kind.name : undefined;
}

/** The definition of a type: named on top of the schema, or inside the one element that uses it. */
function anonymousType(kind: Kind, name = ''): readonly string[] {
  switch (kind.kind) {
    case 'struct':
      return complexType(kind, name);
    case 'attributedText':
      return simpleContent(kind);
    case 'enum':
      return simpleType(
        name,
        kind.literals.map((literal) => `<s:enumeration value="${escaped(literal)}"/>`),
      );
    case 'string':
      return simpleType(name, kind.max === undefined ? [] : [`<s:maxLength value="${kind.max}"/>`], xsd[kind.xsd]);
    case 'int':
    case 'boolean':
    case 'instant':
      return simpleType(name, [], xsd[kind.kind]);
  }
}

function simpleType(name: string, facets: readonly string[], base: string = xsd.string): readonly string[] {
  return [
    `<s:simpleType${name}>`,
    `  <s:restriction base="${base}">`,
    ...indent(4, facets),
    '  </s:restriction>',
    '</s:simpleType>',
  ];
}

function complexType(kind: StructKind, name: string): readonly string[] {
  const elements = fieldsOf(kind).flatMap((field) => elementOf(field.name, field));
  const sequence =
    elements.length === 0 ? ['<s:sequence/>'] : ['<s:sequence>', ...indent(2, elements), '</s:sequence>'];
  return [`<s:complexType${name}>`, ...indent(2, sequence), '</s:complexType>'];
}

function simpleContent({ attributes }: AttributedTextKind): readonly string[] {
  return [
    '<s:complexType>',
    '  <s:simpleContent>',
    '    <s:extension base="s:string">',
    ...Object.entries(attributes).map(
      ([name, of]) => `      <s:attribute name="${name}" type="tns:${of.name}" use="optional"/>`,
    ),
    '    </s:extension>',
    '  </s:simpleContent>',
    '</s:complexType>',
  ];
}

function elementOf(name: string, { of, occurs }: Field): readonly string[] {
  const least = occurs === 'optional' || occurs === 'many' ? 0 : 1;
  const most = occurs === 'many' || occurs === 'some' ? 'unbounded' : 1;
  const type = typeName(of);
  const opening = `<s:element name="${name}"${type === undefined ? '' : ` type="${type}"`} minOccurs="${least}" maxOccurs="${most}"`;
  const inside = [...remarkOn(of), ...(type === undefined ? anonymousType(of) : [])];
  return inside.length === 0 ? [`${opening}/>`] : [`${opening}>`, ...indent(2, inside), '</s:element>'];
}

/** The type to refer to, `undefined` where the element has to define its own. */
function typeName(kind: Kind): string | undefined {
  const name = nameIn(kind);
  if (name !== undefined) return `tns:${name}`;
  if (kind.kind === 'string') return kind.limitIn === 'wsdl' ? undefined : xsd[kind.xsd];
  return kind.kind === 'int' || kind.kind === 'boolean' || kind.kind === 'instant' ? xsd[kind.kind] : undefined;
}

/** What only the text of the specification says about a value. */
function remarkOn(kind: Kind): readonly string[] {
  if (kind.kind === 'string' && kind.limitIn === 'text' && kind.max !== undefined)
    return remark(`At most ${kind.max} characters, by the text of the specification.`);
  if (kind.kind === 'int' && kind.min !== undefined)
    return remark(`Not less than ${kind.min}, by the text of the specification.`);
  return [];
}

function remark(sentence: string): readonly string[] {
  return [`<s:annotation><s:documentation>${escaped(sentence)}</s:documentation></s:annotation>`];
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
    `  <wsdl:documentation>${escaped(service.operations[operation]?.doc ?? '')}</wsdl:documentation>`,
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
