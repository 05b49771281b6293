/** A short name for a long text, the same on every machine: 106 bits in 22 letters and digits. Not for secrets. */
export function digest(text: string): string {
  return (hash(text, 0) + hash(text, 0x9e3779b9)).slice(0, 22);
}

// Two multiplicative hashes of 32 bits, mixed crosswise at the end so that each bit of the text reaches each bit of the result.
function hash(text: string, seed: number): string {
  let high = 0xdeadbeef ^ seed;
  let low = 0x41c6ce57 ^ seed;
  for (let place = 0; place < text.length; place += 1) {
    const unit = text.charCodeAt(place);
    high = Math.imul(high ^ unit, 2654435761);
    low = Math.imul(low ^ unit, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return (4294967296 * (0x1fffff & low) + (high >>> 0)).toString(36).padStart(11, '0');
}
