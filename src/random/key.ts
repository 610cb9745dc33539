/** A random stream as a value: 64 bits of seed and 64 bits of path, each as low and high word. */
export interface Key {
  readonly seed: readonly [low: number, high: number];
  readonly path: readonly [low: number, high: number];
}

const mask = 2n ** 64n - 1n;
const encoder = new TextEncoder();

function words(bits: bigint): readonly [low: number, high: number] {
  return [Number(bits & 0xffffffffn), Number(bits >> 32n)];
}

/**
 * The root key of a seed, an integer in 0…2⁶⁴-1; its path is 0.
 * A `number` must be a safe integer, so that no two seeds that are written differently are one.
 */
export function key(seed: number | bigint): Key {
  const isSeed =
    typeof seed === 'bigint' ? seed >= 0n && seed <= mask : Number.isSafeInteger(seed) && seed >= 0;
  if (!isSeed) {
    const range = typeof seed === 'bigint' ? '0…2^64-1' : '0…2^53-1 (a bigint may reach 2^64-1)';
    throw new RangeError(`key: seed must be an integer in ${range}, got ${seed}`);
  }
  return { seed: words(BigInt(seed)), path: [0, 0] };
}

/**
 * The key of the stream at `path` below a key, `fold(key(0), 'encoder/3/weight')`. Streams of different
 * paths are independent of each other and of the order in which they are used.
 * The new path is a 64-bit hash: FNV-1a over the bytes of UTF-8, started from the old path, then the
 * finalizer of SplitMix64. Two steps are not one: `fold(fold(k, 'a'), 'b')` is not `fold(k, 'ab')`.
 */
export function fold(parent: Key, path: string): Key {
  const [low, high] = parent.path;
  let hash = 0xcbf29ce484222325n ^ BigInt(low) ^ (BigInt(high) << 32n);
  for (const byte of encoder.encode(path)) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & mask;
  hash = ((hash ^ (hash >> 30n)) * 0xbf58476d1ce4e5b9n) & mask;
  hash = ((hash ^ (hash >> 27n)) * 0x94d049bb133111ebn) & mask;
  return { seed: parent.seed, path: words(hash ^ (hash >> 31n)) };
}
