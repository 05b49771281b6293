import { createTextReplacer } from '@app/soap';
import type { KeptText } from './captured';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** References, comments, marks and characters in which the letters of a text may be hidden from who looks at them one by one. */
const mayHide = /[&\0]|<[!?]/;
const declaration = /^\uFEFF?\s*<\?xml\s[^>]*\?>/;

const readTexts = createTextReplacer();

/**
 * Whether a text that is kept in clear has an idTag in it as a whole word, letter case aside. Of one that hides its letters and cannot be read,
 * nobody can say that it has not.
 */
export function mentionOf(idTag: string): (kept: KeptText) => boolean {
  const inXml = idTag.replace(/[&<>"']/g, (character) => entities[character] ?? character);
  const words = [...new Set([idTag, inXml])].map((word) => word.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`));
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(?:${words.join('|')})(?![\\p{L}\\p{N}])`, 'iu');
  const isIn = (text: string) => pattern.test(text) || pattern.test(withoutTags(text));
  return (kept) => {
    if ('withheld' in kept) return false;
    if ('base64' in kept) return isRead(Buffer.from(kept.base64, 'base64'), isIn);
    const { text } = kept;
    return isIn(text) || (mayHide.test(text.replace(declaration, '')) && isRead(Buffer.from(text), isIn));
  };
}

/** An element may stand within a text; where one ends, so does its text. */
const withoutTags = (text: string): string => text.replace(/<\/[^<>]*>/g, ' ').replace(/<[^<>]*>/g, '');

/** Whether something is in one of the texts of a document, or the document cannot be read. */
function isRead(document: Buffer, isIn: (text: string) => boolean): boolean {
  let found = false;
  const replace = (text: string): string => {
    found ||= isIn(text);
    return text;
  };
  const read = readTexts(document, undefined, { isMeant: () => true, replace });
  return found || 'unreadable' in read;
}
