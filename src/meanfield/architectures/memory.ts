/** Bytes that a result may take unless more is allowed: 2 GiB. */
export const MOST_BYTES: number = 2 ** 31;

/**
 * Throws `RangeError` where `count` float64 numbers take more than `mostBytes`, with the largest `n` of a matrix `n × n`
 * that would fit as often as asked here.
 */
export function checkMemory(
  where: string,
  what: string,
  { n, matrices, mostBytes }: { n: number; matrices: number; mostBytes: number },
): void {
  const bytes = 8 * matrices * n * n;
  if (bytes <= mostBytes) return;
  const fits = Math.floor(Math.sqrt(mostBytes / 8 / matrices));
  throw new RangeError(
    `${where}: memory must stay within ${gibibytes(mostBytes)} GiB, got ${gibibytes(bytes)} GiB for ${n} ${what}; ` +
      `take at most ${fits} or raise mostBytes`,
  );
}

const gibibytes = (bytes: number): number => Number((bytes / 2 ** 30).toPrecision(3));
