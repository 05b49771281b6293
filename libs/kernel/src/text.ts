/** A text without the characters of this kind at its end. An expression for it takes a time that grows with the square of their number. */
export function withoutTrailing(text: string, character: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === character) end -= 1;
  return text.slice(0, end);
}
