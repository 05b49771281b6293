import { decodeText, escaped } from './text';
import type { XmlAttribute, XmlElement } from './xml-tree';
import { defaultLimits, XmlTreeReader } from './xml-tree';

/** Whose texts are replaced, and by what. Names are local ones, as written. */
export interface Replacement {
  /** Says it of an element, with everything in it, and of an attribute. `isLeaf`: no element stands in it. */
  readonly isMeant: (local: string, isLeaf: boolean) => boolean;
  /** The new text for one without blanks around it, never empty. */
  readonly replace: (text: string) => string;
}

export type Replaced = { readonly text: string } | { readonly unreadable: string };

/** Bytes or text of a document to the same with other texts in it. Whatever cannot be read with certainty is unreadable. */
export type ReplaceTexts = (source: string | Buffer, contentType: string | undefined, by: Replacement) => Replaced;

/** Compile it once. Nothing of a document changes but the texts that are meant; comments become empty, for anything may stand in them. */
export function createTextReplacer(): ReplaceTexts {
  const reader = new XmlTreeReader(defaultLimits);
  return (source, contentType, by) => {
    const text = typeof source === 'string' ? source : decodeText(source, contentType);
    if (typeof text !== 'string') return text;
    const lead = /^[\uFEFF\s]*/.exec(text)?.[0] ?? '';
    const document = text.slice(lead.length);
    if (!document.startsWith('<')) return { unreadable: 'The message is not XML.' };
    const root = reader.read(document);
    if ('notXml' in root) return { unreadable: withoutNames(root.notXml) };
    const replaced = new Rewriting(document, root, by).rewritten();
    // What is written is read again: it must be the very document that was wanted.
    const again = reader.read(replaced);
    if (JSON.stringify(again) !== JSON.stringify(wanted(root, by, false)))
      return { unreadable: 'The message cannot be rewritten with certainty.' };
    return { text: lead + replaced };
  };
}

/** The sentence of a parser without the names that it quotes: what stands where a name should be may be anything. */
function withoutNames(sentence: string): string {
  return /^(?:\d+:\d+: )?[^:{"]*/.exec(sentence)?.[0].trim() ?? '';
}

function around(text: string, replace: Replacement['replace']): string {
  const core = text.trim();
  return core === '' ? text : text.replace(core, () => replace(core));
}

const attributeValue = ({ local, value }: XmlAttribute, { isMeant, replace }: Replacement): string =>
  isMeant(local, true) ? around(value, replace) : value;

const isMeant = ({ local, children }: XmlElement, by: Replacement): boolean => by.isMeant(local, children.length === 0);

/** The text of an element before each of its children, and after the last. */
function piecesOf({ text, children }: XmlElement): readonly string[] {
  const ends = children.map(({ at }) => at);
  return [...ends, text.length].map((end, place) => text.slice(ends[place - 1] ?? 0, end));
}

function wanted(element: XmlElement, by: Replacement, inside: boolean, at = 0): XmlElement {
  const meant = inside || isMeant(element, by);
  const pieces = piecesOf(element).map((piece) => (meant ? around(piece, by.replace) : piece));
  let length = 0;
  const children = element.children.map((child, place) => {
    length += pieces[place]?.length ?? 0;
    return wanted(child, by, meant, length);
  });
  const attributes = element.attributes.map((attribute) => ({ ...attribute, value: attributeValue(attribute, by) }));
  const { name, local, uri } = element;
  return { name, local, uri, attributes, children, text: pieces.join(''), at };
}

// Good for what is well-formed, and for nothing else.
const token =
  /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<\?[\s\S]*?\?>|<[^"'>]*(?:(?:"[^"]*"|'[^']*')[^"'>]*)*>|[^<]+/gy;
const attribute = /(?<=\s)([^\s=<>"'/]+)(\s*=\s*)("[^"]*"|'[^']*')/g;

interface Open {
  readonly meant: boolean;
  readonly pieces: readonly string[];
  done: number;
}

/** Goes through the marks of a document and its tree side by side. */
class Rewriting {
  private readonly elements: Iterator<XmlElement>;
  private readonly open: Open[] = [];
  private run = '';
  private output = '';

  constructor(
    private readonly document: string,
    root: XmlElement,
    private readonly by: Replacement,
  ) {
    this.elements = inOrder(root);
  }

  rewritten(): string {
    for (const [mark] of this.document.matchAll(token)) {
      if (mark.startsWith('<!--')) this.run += '<!---->';
      else if (/^<[^!?]/.test(mark)) this.tag(mark);
      else this.run += mark;
    }
    return this.output + this.run;
  }

  private tag(mark: string): void {
    this.endRun();
    if (mark.startsWith('</')) {
      this.open.pop();
      this.output += mark;
      return;
    }
    const element = this.elements.next().value as XmlElement;
    this.output += this.withAttributes(mark, element);
    if (mark.endsWith('/>')) return;
    const meant = this.open.at(-1)?.meant === true || isMeant(element, this.by);
    this.open.push({ meant, pieces: meant ? piecesOf(element) : [], done: 0 });
  }

  /** The text since the last tag ends here. */
  private endRun(): void {
    const within = this.open.at(-1);
    if (within?.meant === true) {
      this.output += escaped(around(within.pieces[within.done] ?? '', this.by.replace));
      within.done += 1;
    } else this.output += this.run;
    this.run = '';
  }

  private withAttributes(mark: string, { name, attributes }: XmlElement): string {
    if (!attributes.some(({ local }) => this.by.isMeant(local, true))) return mark;
    const begin = 1 + name.length;
    let place = 0;
    const rest = mark.slice(begin).replace(attribute, (written, key: string, equals: string) => {
      const read = attributes[place];
      place += 1;
      return read !== undefined && this.by.isMeant(read.local, true)
        ? `${key}${equals}"${escaped(attributeValue(read, this.by))}"`
        : written;
    });
    return mark.slice(0, begin) + rest;
  }
}

function* inOrder(element: XmlElement): Generator<XmlElement> {
  yield element;
  for (const child of element.children) yield* inOrder(child);
}
