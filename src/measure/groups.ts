/** Bytes of intermediate values that may be in memory at once if nothing else is said. */
export const usualMemory: number = 2 ** 30;

/** Items in their order, in groups of at most `memory` bytes; an item that is larger stands alone. */
export function inGroups<Item>(
  items: readonly Item[],
  bytesOf: (item: Item) => number,
  memory: number,
): readonly (readonly Item[])[] {
  const groups: Item[][] = [];
  let bytes = Infinity;
  for (const item of items) {
    const size = bytesOf(item);
    if (bytes + size > memory && (bytes > 0 || groups.length === 0)) {
      groups.push([]);
      bytes = 0;
    }
    groups[groups.length - 1].push(item);
    bytes += size;
  }
  return groups;
}
