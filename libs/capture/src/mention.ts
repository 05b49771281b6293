import type { KeptText } from './captured';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Whether a text that is kept in clear has an idTag in it as a whole word, letter case aside. */
export function mentionOf(idTag: string): (kept: KeptText) => boolean {
  const inXml = idTag.replace(/[&<>"']/g, (character) => entities[character] ?? character);
  const words = [...new Set([idTag, inXml])].map((word) => word.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`));
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(?:${words.join('|')})(?![\\p{L}\\p{N}])`, 'iu');
  return (kept) => {
    if ('withheld' in kept) return false;
    return pattern.test('text' in kept ? kept.text : Buffer.from(kept.base64, 'base64').toString('latin1'));
  };
}
