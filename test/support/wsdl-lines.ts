import { XMLParser } from 'fast-xml-parser';

// Reads any WSDL 1.1 of document/literal style to lines that say what goes over the wire, so that two of them can be compared however
// they are written. Cannot see: the address, documentation, names of messages and bindings, types that no message uses.

interface Element {
  /** `prefix-free` local name. */
  readonly name: string;
  readonly namespace: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Element[];
  /** Prefixes in scope. */
  readonly scope: Readonly<Record<string, string>>;
}

const wsdl = 'http://schemas.xmlsoap.org/wsdl/';
const soap12 = 'http://schemas.xmlsoap.org/wsdl/soap12/';
const schemaNamespace = 'http://www.w3.org/2001/XMLSchema';
const addressing = 'http://www.w3.org/2006/05/addressing/wsdl';

type Ordered = Readonly<Record<string, unknown>>;

/** The lines of a WSDL: first the service, then the operations by name, in each the fields in their order. */
export function wsdlLines(source: string): readonly string[] {
  const parser = new XMLParser({ preserveOrder: true, ignoreAttributes: false, attributeNamePrefix: '' });
  const [root] = elementsOf(parser.parse(source) as readonly Ordered[], {});
  if (root === undefined) throw new Error('There is no WSDL.');
  return [...serviceLines(root), ...operationNames(root).flatMap((operation) => operationLines(root, operation))];
}

/** The names of the operations in a WSDL. */
export function operationsIn(source: string): readonly string[] {
  return [...new Set(wsdlLines(source).flatMap((line) => /^(\w+) input action /.exec(line)?.[1] ?? []))];
}

function elementsOf(nodes: readonly Ordered[], scope: Readonly<Record<string, string>>): readonly Element[] {
  return nodes.flatMap((node) => {
    const tag = Object.keys(node).find((key) => key !== ':@');
    if (tag === undefined || tag.startsWith('#') || tag.startsWith('?')) return [];
    const attributes = (node[':@'] ?? {}) as Readonly<Record<string, string>>;
    const declared = Object.entries(attributes).flatMap(([name, value]) =>
      name.startsWith('xmlns') ? [[name.slice(6), value]] : [],
    );
    const inner = { ...scope, ...(Object.fromEntries(declared) as Record<string, string>) };
    const [namespace, name] = qualified(tag, inner);
    return [
      { name, namespace, attributes, children: elementsOf(node[tag] as readonly Ordered[], inner), scope: inner },
    ];
  });
}

function qualified(name: string, scope: Readonly<Record<string, string>>): readonly [namespace: string, local: string] {
  const [local = '', prefix = ''] = name.split(':').reverse();
  return [scope[prefix] ?? '', local];
}

function all(element: Element, namespace: string, name: string): readonly Element[] {
  return element.children.filter((child) => child.namespace === namespace && child.name === name);
}

function one(element: Element, namespace: string, name: string, called?: string): Element {
  const found = all(element, namespace, name).filter(
    (child) => called === undefined || child.attributes.name === called,
  );
  const [only] = found;
  if (only === undefined || found.length > 1)
    throw new Error(`${element.name} has ${found.length} of ${name} ${called ?? ''}, not one.`);
  return only;
}

function descendants(element: Element): readonly Element[] {
  return element.children.flatMap((child) => [child, ...descendants(child)]);
}

/** An attribute by namespace and local name. */
function attributeOf(element: Element, namespace: string, name: string): string | undefined {
  return Object.entries(element.attributes).find(([key]) => {
    const [found, local] = qualified(key, element.scope);
    return key.includes(':') && found === namespace && local === name;
  })?.[1];
}

function schemaOf(root: Element): Element {
  return one(one(root, wsdl, 'types'), schemaNamespace, 'schema');
}

function serviceLines(root: Element): readonly string[] {
  const service = one(root, wsdl, 'service');
  const port = one(service, wsdl, 'port');
  const binding = one(one(root, wsdl, 'binding'), soap12, 'binding');
  const schema = schemaOf(root);
  const usesAddressing = descendants(root).some(
    ({ namespace, name }) => namespace === addressing && name === 'UsingAddressing',
  );
  return [
    `namespace ${root.attributes.targetNamespace}, schema ${schema.attributes.targetNamespace}`,
    `elements ${schema.attributes.elementFormDefault}, attributes ${schema.attributes.attributeFormDefault ?? 'unqualified'}`,
    `service ${service.attributes.name}, port ${port.attributes.name}, portType ${one(root, wsdl, 'portType').attributes.name}`,
    `transport ${binding.attributes.transport}, addresses ${all(port, soap12, 'address').length}`,
    `addressing ${usesAddressing}`,
  ];
}

function operationNames(root: Element): readonly string[] {
  const named = (parent: Element) => all(parent, wsdl, 'operation').map(({ attributes }) => attributes.name ?? '');
  const [declared, bound] = [named(one(root, wsdl, 'portType')), named(one(root, wsdl, 'binding'))];
  return [...new Set([...declared, ...bound])].sort();
}

function operationLines(root: Element, operation: string): readonly string[] {
  const declared = one(one(root, wsdl, 'portType'), wsdl, 'operation', operation);
  const bound = one(one(root, wsdl, 'binding'), wsdl, 'operation', operation);
  const { soapAction, style } = one(bound, soap12, 'operation').attributes;
  return [
    `${operation} soapAction ${soapAction}, style ${style}`,
    ...(['input', 'output'] as const).flatMap((direction) => {
      const message = one(declared, wsdl, direction);
      const prefix = `${operation} ${direction}`;
      return [
        `${prefix} action ${attributeOf(message, addressing, 'Action')}`,
        ...boundParts(root, one(bound, wsdl, direction)).map((part) => `${prefix} ${part}`),
        ...partsOf(root, message).flatMap((part) => partLines(root, part, `${prefix} body`)),
      ];
    }),
  ];
}

function boundParts(root: Element, bound: Element): readonly string[] {
  const headers = all(bound, soap12, 'header').flatMap((header) =>
    partsOf(root, header)
      .filter(({ attributes }) => attributes.name === header.attributes.part)
      .flatMap((part) => partLines(root, part, `header ${header.attributes.use}`)),
  );
  return [...headers, `body ${one(bound, soap12, 'body').attributes.use}`];
}

/** The parts of the message that an element refers to. */
function partsOf(root: Element, reference: Element): readonly Element[] {
  const [namespace, name] = qualified(reference.attributes.message ?? '', reference.scope);
  if (namespace !== root.attributes.targetNamespace) throw new Error(`There is no message {${namespace}}${name}.`);
  return all(one(root, wsdl, 'message', name), wsdl, 'part');
}

function partLines(root: Element, part: Element, prefix: string): readonly string[] {
  const [namespace, name] = qualified(part.attributes.element ?? '', part.scope);
  const element = one(schemaOf(root), schemaNamespace, 'element', name);
  // The type of a wrapper may be named or not: that is not on the wire.
  return [`${prefix} {${namespace}}${name}`, ...contentLines(root, element, prefix)];
}

/** What an element holds: a line for what it is, then one for each attribute and each child below. */
function contentLines(root: Element, element: Element, path: string): readonly string[] {
  const type = typeOf(root, element);
  if (typeof type === 'string') return [`${path} is ${type}`];
  if (type.name === 'simpleType') return [`${path} is ${simpleText(root, type)}`];
  const simple = all(type, schemaNamespace, 'simpleContent')[0];
  if (simple !== undefined) return extensionLines(root, one(simple, schemaNamespace, 'extension'), path);
  const sequence = all(type, schemaNamespace, 'sequence')[0];
  const fields = sequence === undefined ? [] : all(sequence, schemaNamespace, 'element');
  return fields.flatMap((field) => fieldLines(root, field, path));
}

function fieldLines(root: Element, field: Element, path: string): readonly string[] {
  const { name, minOccurs = '1', maxOccurs = '1', type = '' } = field.attributes;
  const at = `${path}/${name}`;
  const typeName = type === '' ? 'unnamed' : qualified(type, field.scope)[1];
  return [`${at} ${minOccurs}..${maxOccurs} ${typeName}`, ...contentLines(root, field, at)];
}

function extensionLines(root: Element, extension: Element, path: string): readonly string[] {
  const base = qualified(extension.attributes.base ?? '', extension.scope)[1];
  const attributes = all(extension, schemaNamespace, 'attribute').map((attribute) => {
    const { name, use = 'optional', type = '', default: preset } = attribute.attributes;
    const definition = typeOf(root, attribute);
    const text = typeof definition === 'string' ? definition : simpleText(root, definition);
    return `${path}@${name} ${use} ${qualified(type, attribute.scope)[1]} is ${text}, default ${preset ?? 'none'}`;
  });
  return [`${path} is ${base} with attributes`, ...attributes.sort()];
}

function simpleText(root: Element, type: Element): string {
  const restriction = one(type, schemaNamespace, 'restriction');
  const base = qualified(restriction.attributes.base ?? '', restriction.scope)[1];
  const facets = restriction.children.map(({ name, attributes }) => `${name}=${attributes.value}`);
  return [base, ...facets].join(' ');
}

/** The definition of the type that an element has, or the name of a type that XML Schema has built in. */
function typeOf(root: Element, element: Element): Element | string {
  const { type } = element.attributes;
  const isType = ({ name }: Element) => name === 'complexType' || name === 'simpleType';
  if (type === undefined) {
    const own = element.children.find(isType);
    if (own === undefined) throw new Error(`${element.attributes.name} has no type.`);
    return own;
  }
  const [namespace, name] = qualified(type, element.scope);
  if (namespace === schemaNamespace) return name;
  const found = schemaOf(root).children.find((child) => isType(child) && child.attributes.name === name);
  if (found === undefined || namespace !== schemaOf(root).attributes.targetNamespace)
    throw new Error(`There is no type {${namespace}}${name}.`);
  return found;
}
