const pageBits = 65_536;

/** Many positive 32-bit ids in little memory: a bit each, in pages that are made when first needed. */
export class IdSet {
  private readonly pages = new Map<number, Uint8Array>();

  /** False if the id was there already. */
  add(id: number): boolean {
    if (this.has(id)) return false;
    const page = Math.floor(id / pageBits);
    const bits = this.pages.get(page) ?? new Uint8Array(pageBits / 8);
    this.pages.set(page, bits);
    const place = placeIn(id);
    bits[place >> 3] = (bits[place >> 3] ?? 0) | (1 << (place & 7));
    return true;
  }

  has(id: number): boolean {
    const bits = this.pages.get(Math.floor(id / pageBits));
    const place = placeIn(id);
    return bits !== undefined && ((bits[place >> 3] ?? 0) & (1 << (place & 7))) !== 0;
  }
}

/** Also for ids that a hand has made negative. */
function placeIn(id: number): number {
  return ((id % pageBits) + pageBits) % pageBits;
}
