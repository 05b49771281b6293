import type { XmlAttribute, XmlElement, XmlLimits } from './xml-tree';

// Most messages are plain: elements, attributes and text, and nothing else of XML. Those are read here in a third of the time that the full
// parser takes. This reader never judges: whatever is not plain, or not well-formed, it leaves to the full parser, which accepts or explains.

/** Characters that XML allows, without those that take two code units. */
const allowed = /^[\t\n\x20-\uD7FF\uE000-\uFFFD]*$/;
const lead = /(?:<\?xml version="1\.0"(?: encoding="[Uu][Tt][Ff]-8")?[ \t\n]*\?>)?[ \t\n]*/y;
const startTag = /<((?:([A-Za-z_][\w.-]*):)?([A-Za-z_][\w.-]*))/y;
const attribute = /[ \t\n]+((?:([A-Za-z_][\w.-]*):)?([A-Za-z_][\w.-]*))=(?:"([^"<&\t\n]*)"|'([^'<&\t\n]*)')/y;
const tagEnd = /[ \t\n]*(\/?)>/y;
const reference = /&[^;]*;?/g;
const blank = /^[ \t\n]*$/;
const entities: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&apos;': "'",
};

const xmlns = 'http://www.w3.org/2000/xmlns/';
const reserved: ReadonlySet<string> = new Set([xmlns, 'http://www.w3.org/XML/1998/namespace']);
const slash = 0x2f;
const greater = 0x3e;

/** What prefixes mean at one place. */
interface Scope {
  readonly prefix: string;
  readonly uri: string;
  readonly outer: Scope | undefined;
}

interface Open {
  readonly element: XmlElement;
  readonly scope: Scope | undefined;
  readonly outer: Open | undefined;
  readonly depth: number;
}

/** Groups of the patterns: the name, its prefix, its local part, and what an attribute has in either kind of quotes. */
type Match = readonly [
  whole: string,
  name: string,
  prefix: string | undefined,
  local: string,
  double?: string,
  single?: string,
];

type PrefixedAttribute = XmlAttribute & { readonly prefix: string | undefined };

const noAttributes: readonly XmlAttribute[] = [];

/** The root of a plain document within the limits; `undefined` for every other text. */
export function readPlainDocument(source: string, limits: XmlLimits): XmlElement | undefined {
  const text = source.includes('\r') ? source.replace(/\r\n?/g, '\n') : source;
  return allowed.test(text) && !text.includes(']]>') ? new PlainReader(text, limits).read() : undefined;
}

class PlainReader {
  private place = 0;
  private elements = 0;
  private root: XmlElement | undefined;
  private scope: Scope | undefined;

  constructor(
    private readonly text: string,
    private readonly limits: XmlLimits,
  ) {}

  read(): XmlElement | undefined {
    const { text } = this;
    lead.lastIndex = 0;
    this.place = lead.exec(text)?.[0].length ?? 0;
    let open = this.enter(undefined);
    while (open !== undefined && open !== 'over') {
      const tag = text.indexOf('<', this.place);
      if (tag < 0 || !this.takeText(open.element, tag)) return undefined;
      this.place = tag;
      open = text.charCodeAt(tag + 1) === slash ? this.leave(open) : this.enter(open);
    }
    return open === 'over' && blank.test(text.slice(this.place)) ? this.root : undefined;
  }

  /** The element that is open after a start tag; `undefined` where none can be read. */
  private enter(outer: Open | undefined): Open | 'over' | undefined {
    const depth = depthIn(outer);
    this.elements += 1;
    const tag = this.match(startTag);
    if (tag === null || !this.isWithinLimits(depth)) return undefined;
    this.scope = outer?.scope;
    const attributes = this.attributes();
    const end = this.match(tagEnd);
    const uri = uriOf(tag[2], this.scope);
    if (attributes === undefined || end === null || uri === undefined) return undefined;
    const element = this.attach(outer?.element, { name: tag[1], local: tag[3], uri, attributes });
    return end[1] === '' ? { element, scope: this.scope, outer, depth } : (outer ?? 'over');
  }

  private isWithinLimits(depth: number): boolean {
    return this.elements <= this.limits.maxElements && depth <= this.limits.maxDepth;
  }

  private attach(
    parent: XmlElement | undefined,
    { name, local, uri, attributes }: Pick<XmlElement, 'name' | 'local' | 'uri' | 'attributes'>,
  ): XmlElement {
    const at = parent === undefined ? 0 : parent.text.length;
    const element: XmlElement = { name, local, uri, attributes, children: [], text: '', at };
    if (parent === undefined) this.root = element;
    else parent.children.push(element);
    return element;
  }

  private match(pattern: RegExp): Match | null {
    pattern.lastIndex = this.place;
    const found = pattern.exec(this.text);
    if (found !== null) this.place = pattern.lastIndex;
    return found as unknown as Match | null;
  }

  private leave({ element, outer }: Open): Open | 'over' | undefined {
    const tag = `</${element.name}>`;
    if (!this.text.startsWith(tag, this.place)) return undefined;
    this.place += tag.length;
    return outer ?? 'over';
  }

  private takeText(element: XmlElement, end: number): boolean {
    if (end === this.place) return true;
    const raw = this.text.slice(this.place, end);
    if (!raw.includes('&')) {
      element.text = element.text === '' ? raw : element.text + raw;
      return true;
    }
    let known = true;
    element.text += raw.replace(reference, (entity) => {
      const character = entities[entity];
      known &&= character !== undefined;
      return character ?? '';
    });
    return known;
  }

  /** The attributes that follow, with what they declare in scope; `undefined` where one of them is not plain. */
  private attributes(): readonly XmlAttribute[] | undefined {
    if (this.text.charCodeAt(this.place) === greater) return noAttributes;
    const list: PrefixedAttribute[] = [];
    for (let found = this.match(attribute); found !== null; found = this.match(attribute)) {
      const read = this.declared(found);
      if (read === undefined || list.length >= this.limits.maxAttributes) return undefined;
      if (list.some(({ name }) => name === read.name)) return undefined;
      list.push(read);
    }
    return this.resolved(list);
  }

  /** An attribute, taken into scope if it declares a namespace. */
  private declared([, name, prefix, local, double, single]: Match): PrefixedAttribute | undefined {
    const value = double ?? single ?? '';
    if (prefix !== 'xmlns' && name !== 'xmlns') return { name, local, uri: '', value, prefix };
    const means = name === 'xmlns' ? '' : local;
    if (isOddDeclaration(means, value)) return undefined;
    this.scope = { prefix: means, uri: value, outer: this.scope };
    return { name, local, uri: xmlns, value, prefix };
  }

  private resolved(list: readonly PrefixedAttribute[]): readonly XmlAttribute[] | undefined {
    const resolved: XmlAttribute[] = [];
    for (const { name, local, uri, value, prefix } of list) {
      const meant = prefix === undefined || uri !== '' ? uri : uriOf(prefix, this.scope);
      // Two prefixes may mean the same: that is for the parser to explain.
      const isTwice = resolved.some((other) => other.local === local && other.uri === meant);
      if (meant === undefined || isTwice) return undefined;
      resolved.push({ name, local, uri: meant, value });
    }
    return resolved;
  }
}

const depthIn = (outer: Open | undefined): number => (outer === undefined ? 1 : outer.depth + 1);

function isOddDeclaration(prefix: string, uri: string): boolean {
  if (reserved.has(uri) || uri.trim() !== uri) return true;
  return prefix !== '' && (uri === '' || /^xml/i.test(prefix));
}

/** What a prefix means; `undefined` where it is not bound. No prefix and no default means no namespace. */
function uriOf(prefix: string | undefined, scope: Scope | undefined): string | undefined {
  const meant = prefix ?? '';
  for (let each = scope; each !== undefined; each = each.outer) if (each.prefix === meant) return each.uri;
  return meant === '' ? '' : undefined;
}
