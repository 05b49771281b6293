/** Index of the first item whose number is at least the wanted one, of a list in the order of these numbers. */
export function firstAtLeast<Item>(list: readonly Item[], numberOf: (item: Item) => number, wanted: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = list[middle];
    if (item !== undefined && numberOf(item) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
