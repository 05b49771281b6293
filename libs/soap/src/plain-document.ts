import type { XmlAttribute, XmlElement, XmlLimits } from './xml-tree';

// Most messages are plain: elements, attributes and text, and nothing else of XML. Those are read here in a third of the time that the full
// parser takes. This reader never judges: whatever is not plain, or not well-formed, it leaves to the full parser, which accepts or explains.

/** Characters that XML allows, without those that take two code units. */
const allowed = /^[\t\n\x20-\uD7FF\uE000-\uFFFD]*$/;
const lead = /(?:<\?xml version="1\.0"(?: encoding="[Uu][Tt][Ff]-8")?[ \t\n]*\?>)?[ \t\n]*/y;
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
const tab = 0x09;
const lineFeed = 0x0a;
const space = 0x20;
const doubleQuote = 0x22;
const ampersand = 0x26;
const singleQuote = 0x27;
const slash = 0x2f;
const colon = 0x3a;
const less = 0x3c;
const equals = 0x3d;
const greater = 0x3e;

/** What an ASCII character can be in a name: 1 within it, 3 also its first. Other names are for the full parser. */
const inNames = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  return /[A-Za-z_]/.test(character) ? 3 : Number(/[\d.-]/.test(character));
});

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

/** A name as it stands in the text. */
interface Name {
  readonly name: string;
  readonly prefix: string | undefined;
  readonly local: string;
}

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
    const tag = this.tagName();
    if (tag === undefined || !this.isWithinLimits(depth)) return undefined;
    this.scope = outer?.scope;
    const attributes = this.attributes();
    const end = this.tagEnd();
    const uri = uriOf(tag.prefix, this.scope);
    if (attributes === undefined || end === undefined || uri === undefined) return undefined;
    const element = this.attach(outer?.element, { name: tag.name, local: tag.local, uri, attributes });
    return end === 'open' ? { element, scope: this.scope, outer, depth } : (outer ?? 'over');
  }

  private tagName(): Name | undefined {
    return this.text.charCodeAt(this.place) === less ? this.name(this.place + 1) : undefined;
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

  /** The name that begins at a place, which is left behind. Written out here and below: matches of patterns cost twice the time. */
  private name(from: number): Name | undefined {
    const { text } = this;
    const end = nameEnd(text, from);
    if (end === from) return undefined;
    this.place = end;
    if (text.charCodeAt(end) !== colon) {
      const name = text.slice(from, end);
      return { name, prefix: undefined, local: name };
    }
    this.place = nameEnd(text, end + 1);
    if (this.place === end + 1) return undefined;
    const { place } = this;
    return { name: text.slice(from, place), prefix: text.slice(from, end), local: text.slice(end + 1, place) };
  }

  /** Whether a start tag that ends here leaves its element open; `undefined` where no tag ends. */
  private tagEnd(): 'open' | 'empty' | undefined {
    const { text } = this;
    const at = blanksEnd(text, this.place);
    const isEmpty = text.charCodeAt(at) === slash;
    const end = isEmpty ? at + 1 : at;
    if (text.charCodeAt(end) !== greater) return undefined;
    this.place = end + 1;
    return isEmpty ? 'empty' : 'open';
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
    for (let found = this.attribute(); found !== 'none'; found = this.attribute()) {
      if (found === undefined || list.length >= this.limits.maxAttributes) return undefined;
      const { name } = found;
      if (list.some((other) => other.name === name)) return undefined;
      list.push(found);
    }
    return this.resolved(list);
  }

  /** The next attribute, taken into scope if it declares a namespace; `undefined` for one that is not plain. */
  private attribute(): PrefixedAttribute | 'none' | undefined {
    const { text } = this;
    const from = blanksEnd(text, this.place);
    if (from === this.place || nameEnd(text, from) === from) return 'none';
    const named = this.name(from);
    if (named === undefined || text.charCodeAt(this.place) !== equals) return undefined;
    const begin = this.place + 2;
    const end = valueEnd(text, begin, text.charCodeAt(begin - 1));
    if (end === undefined) return undefined;
    this.place = end + 1;
    return this.declared(named, text.slice(begin, end));
  }

  private declared({ name, prefix, local }: Name, value: string): PrefixedAttribute | undefined {
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

function nameEnd(text: string, from: number): number {
  let code = text.charCodeAt(from);
  if (!(code < 128) || inNames[code] !== 3) return from;
  let end = from;
  while (code < 128 && inNames[code] !== 0) code = text.charCodeAt((end += 1));
  return end;
}

function blanksEnd(text: string, from: number): number {
  let end = from;
  for (;;) {
    const code = text.charCodeAt(end);
    if (code !== space && code !== tab && code !== lineFeed) return end;
    end += 1;
  }
}

/** Where the quote stands that ends a value; `undefined` where what stands before it is not plain. */
function valueEnd(text: string, from: number, quote: number): number | undefined {
  if (quote !== doubleQuote && quote !== singleQuote) return undefined;
  for (let end = from; ; end += 1) {
    const code = text.charCodeAt(end);
    if (code === quote) return end;
    if (Number.isNaN(code) || code === less || code === ampersand || code === tab || code === lineFeed)
      return undefined;
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
