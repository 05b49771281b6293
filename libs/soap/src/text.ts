/** A body that is no text in the encoding that it claims. */
export interface UnreadableText {
  readonly unreadable: string;
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The text of a body: a byte order mark counts first, then the `charset` of the content type, then the XML declaration, then
 * UTF-8 (RFC 7303, 3). A byte order mark stays in the text.
 */
export function decodeText(bytes: Buffer, contentType = ''): string | UnreadableText {
  const charset = charsetOf(bytes, contentType);
  if (charset === 'utf-8') return decodeWith(strictUtf8, bytes, charset);
  try {
    return decodeWith(new TextDecoder(charset, { fatal: true, ignoreBOM: true }), bytes, charset);
  } catch {
    return { unreadable: `The character set is not known: ${charset.slice(0, 40)}. Send UTF-8.` };
  }
}

function decodeWith(decoder: typeof strictUtf8, bytes: Buffer, charset: string): string | UnreadableText {
  try {
    return decoder.decode(bytes);
  } catch {
    return { unreadable: `The body is not valid ${charset}.` };
  }
}

function charsetOf(bytes: Buffer, contentType: string): string {
  const marked = markedAs(bytes);
  if (marked !== undefined) return marked;
  const named = charsetNamedIn(contentType) ?? declaredIn(bytes) ?? 'utf-8';
  const lower = named.toLowerCase();
  if (lower === 'utf8') return 'utf-8';
  if (lower !== 'utf-16') return lower;
  // Nothing says which end comes first but the first character, which is `<`; and what has no zeros is no UTF-16 at all.
  if (bytes[0] === 0) return 'utf-16be';
  return bytes[1] === 0 ? 'utf-16le' : 'utf-8';
}

function charsetNamedIn(contentType: string): string | undefined {
  if (contentType !== last.contentType)
    last = { contentType, charset: /charset\s*=\s*["']?([^\s"';]+)/i.exec(contentType)?.[1] };
  return last.charset;
}

// A fleet writes the same one again and again.
let last: { readonly contentType: string; readonly charset: string | undefined } = {
  contentType: '',
  charset: undefined,
};

function markedAs(bytes: Buffer): string | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8';
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : undefined;
}

function declaredIn(bytes: Buffer): string | undefined {
  // Most requests are not worth the look: they begin with the envelope, or say UTF-8.
  const first = bytes[0];
  if (first === 0x3c && bytes[1] !== 0x3f) return undefined;
  return /^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["']/.exec(bytes.toString('latin1', 0, 200))?.[1];
}

/** A copy that does not keep the text alive that it was cut from: V8 lets a slice pin the whole message. */
export function detached(text: string): string {
  return text.length < 13 ? text : ` ${text}`.slice(1);
}

/** As much of a text as one sentence or one field of a log line should hold. */
export function shortened(text: string, most = 300): string {
  return text.length <= most ? text : `${detached(text.slice(0, most - 1))}…`;
}

// XML 1.0, 2.2: everything else cannot stand in a document, not even as a reference. Lone surrogates are no characters at all.
const illegal = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;
const special = /[&<>"\r]/;
const references: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
};

/** Text as content or attribute value of XML. What XML cannot carry becomes U+FFFD. */
export function escaped(text: string): string {
  const legal = /^[\x20-\x7e]*$/.test(text) ? text : text.replace(illegal, '\uFFFD');
  return special.test(legal) ? legal.replace(/[&<>"\r]/g, (character) => references[character] ?? character) : legal;
}
