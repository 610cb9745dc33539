/** A layer that makes or reads channels, and how many of them one of its groups has. */
interface End {
  readonly where: string;
  readonly count: number;
}

/**
 * Channels that come in pairs, each the mirror image of the other: in blocks of `2 half` channels, those of
 * the first half with those of the second. Values that are added up or concatenated have their pairs in the
 * same places: joined, they are one. How large a half is comes out in the end, from all layers around.
 */
export interface Pairs {
  /** What these pairs have become part of, `null` if nothing. */
  joined: Pairs | null;
  /** The half, where a concatenation has laid it down. */
  fixed: number | null;
  /** The mirror image of every channel, where they stand in no blocks of one size. */
  readonly images: Int32Array | null;
  /** Whether a layer needs the mirror images. */
  isRead: boolean;
  readonly makers: End[];
  readonly readers: End[];
}

/** The pairs that a layer can make of its outputs, `count` in each group. */
export function pairsMadeBy(where: string, count: number): Pairs {
  return {
    joined: null,
    fixed: null,
    images: null,
    isRead: false,
    makers: [{ where, count }],
    readers: [],
  };
}

/** Pairs that are there whatever the weights are. */
export function fixedPairs(half: number): Pairs {
  return { joined: null, fixed: half, images: null, isRead: false, makers: [], readers: [] };
}

/** Pairs that are there whatever the weights are, each channel's image where `images` says. */
export function scatteredPairs(images: Int32Array): Pairs {
  return { joined: null, fixed: null, images, isRead: false, makers: [], readers: [] };
}

/** The mirror image of each of `count` channels that have theirs whatever the weights are, else `null`. */
export function imagesOf(pairs: Pairs, count: number): Int32Array | null {
  const { fixed, images } = wholeOf(pairs);
  if (fixed === null || count % (2 * fixed) !== 0) return images;
  return Int32Array.from({ length: count }, (_, channel) =>
    channel % (2 * fixed) < fixed ? channel + fixed : channel - fixed,
  );
}

/** What pairs are part of in the end. */
export function wholeOf(pairs: Pairs): Pairs {
  let whole = pairs;
  while (whole.joined !== null) whole = whole.joined;
  return whole;
}

/** Whether two lots of pairs can be one: not where both are laid down, and not alike. */
export function canJoin(a: Pairs, b: Pairs): boolean {
  const [one, other] = [wholeOf(a), wholeOf(b)];
  if (one === other) return true;
  if (one.images !== null || other.images !== null) return false;
  return one.fixed === null || other.fixed === null || one.fixed === other.fixed;
}

/** Makes two lots of pairs one, and says whether they can be. */
export function join(a: Pairs, b: Pairs): boolean {
  const [one, other] = [wholeOf(a), wholeOf(b)];
  if (!canJoin(one, other)) return false;
  if (one === other) return true;
  one.makers.push(...other.makers);
  one.readers.push(...other.readers);
  one.fixed ??= other.fixed;
  one.isRead ||= other.isRead;
  other.joined = one;
  return true;
}

/** Notes a layer that needs the pairs, `count` channels in each of its groups. */
export function read(pairs: Pairs, where: string, count: number): void {
  const whole = wholeOf(pairs);
  whole.isRead = true;
  whole.readers.push({ where, count });
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/** Channels in one half of a block: as many as every group of every layer around can take. */
export function halfOf(pairs: Pairs): number {
  const { fixed, makers, readers } = wholeOf(pairs);
  return fixed ?? [...makers, ...readers].reduce((all, { count }) => gcd(all, count), 0) / 2;
}

/** Why pairs that a layer needs cannot be, or `null` if they can. */
export function unpairable(pairs: Pairs): string | null {
  const { fixed, images, makers, readers } = wholeOf(pairs);
  if (images !== null && readers.length > 0) {
    return `${readers[0].where} must read halves in blocks of one size, got channels and their images in other places`;
  }
  const block = 2 * (fixed ?? 1);
  const what = fixed === null ? 'an even number' : `a multiple of ${block}`;
  const made = makers.find(({ count }) => count % block !== 0);
  if (made !== undefined) {
    return `${made.where} must have ${what} of outputs in each group, to be mirrored, got ${made.count}`;
  }
  const taken = readers.find(({ count }) => count % block !== 0);
  return taken === undefined
    ? null
    : `${taken.where} must have ${what} of input channels in each group, which are mirrored, got ${taken.count}`;
}
