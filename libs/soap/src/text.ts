/** A body that is no text in the encoding that it claims. */
export interface UnreadableText {
  readonly unreadable: string;
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The text of a body: the `charset` of the content type counts first, then a byte order mark, then the XML declaration, then
 * UTF-8 (RFC 7303). A byte order mark stays in the text.
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

const byteOrderMarks: Readonly<Record<string, string>> = { fffe: 'utf-16le', feff: 'utf-16be' };

function charsetOf(bytes: Buffer, contentType: string): string {
  const named = /charset\s*=\s*"?([^\s";]+)/i.exec(contentType)?.[1];
  if (named !== undefined) return normalised(named);
  const mark = byteOrderMarks[bytes.toString('hex', 0, 2)];
  if (mark !== undefined) return mark;
  if (bytes[0] !== 0x3c || bytes[1] !== 0x3f) return 'utf-8';
  const declared = /^<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["']/.exec(
    bytes.toString('latin1', 0, 200),
  )?.[1];
  return declared === undefined ? 'utf-8' : normalised(declared);
}

function normalised(charset: string): string {
  const lower = charset.toLowerCase();
  return lower === 'utf8' ? 'utf-8' : lower;
}

/** A copy that does not keep the text alive that it was cut from: V8 lets a slice pin the whole message. */
export function detached(text: string): string {
  return text.length < 13 ? text : ` ${text}`.slice(1);
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
