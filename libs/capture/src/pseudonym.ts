import { createHmac } from 'node:crypto';

/** OCPP 1.5, 7.20: an idToken has at most 20 characters. */
const longest = 20;
const alphabets = ['0123456789', '0123456789ABCDEF', '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'] as const;
const separators = /^[-_.: ]$/;

/** What stands in place of an idTag: the same for the same idTag and key, letter case aside; without the key it leads nowhere. */
export function pseudonymOf(idTag: string, key: Buffer): string {
  const characters = [...idTag].slice(0, longest);
  const folded = idTag.toUpperCase();
  const chance = createHmac('sha256', key).update(folded).digest();
  const keepsSeparators = /[0-9A-Za-z]/.test(characters.join(''));
  const alphabet = alphabetOf(characters.join('').toUpperCase());
  return characters
    .map((character, place) => {
      if (keepsSeparators && separators.test(character)) return character;
      const letter = alphabet.charAt((chance[place] ?? 0) % alphabet.length);
      return isLower(character, idTag) ? letter.toLowerCase() : letter;
    })
    .join('');
}

function alphabetOf(idTag: string): string {
  const plain = idTag.replace(/[-_.: ]/g, '');
  return (
    alphabets.find((alphabet) => plain !== '' && [...plain].every((each) => alphabet.includes(each))) ?? alphabets[2]
  );
}

/** A digit may become a letter: its case is that of the whole. */
function isLower(character: string, idTag: string): boolean {
  return /[a-z]/.test(character) || (!/[A-Z]/.test(character) && /[a-z]/.test(idTag) && !/[A-Z]/.test(idTag));
}
