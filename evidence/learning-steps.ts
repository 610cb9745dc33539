/**
 * Steps until the accuracy of batches reaches `level`: before the middle batch of the first `window` batches in a row whose
 * mean does. `accuracy` is that of the batch of every step, before it. `null` where it does not.
 */
export function stepsUntil(
  accuracy: readonly number[],
  level: number,
  window: number,
): number | null {
  let sum = 0;
  for (let i = 0; i < accuracy.length; i++) {
    sum += accuracy[i];
    if (i >= window) sum -= accuracy[i - window];
    // The mean of 25 in 100 five times is not to miss the level by rounding.
    if (i >= window - 1 && sum / window >= level - 1e-9) return i - (window - 1) / 2;
  }
  return null;
}

/** A time at a learning rate times the depth. */
export interface TimeAt {
  readonly depth: number;
  readonly scaledRate: number;
  readonly steps: number;
}

/**
 * How far the curves of different depths are apart: root mean square of `ln(τ/L^p)` about its mean over the depths, at
 * each scaled rate at which all depths have a time; `null` where there is none.
 */
export function collapseSpread(times: readonly TimeAt[], power: number): number | null {
  const depths = new Set(times.map(({ depth }) => depth));
  const rates = [...new Set(times.map(({ scaledRate }) => scaledRate))];
  let [sum, count] = [0, 0];
  for (const rate of rates) {
    const logs = times
      .filter(({ scaledRate }) => scaledRate === rate)
      .map(({ depth, steps }) => Math.log(steps / depth ** power));
    if (logs.length < depths.size) continue;
    const mean = logs.reduce((a, b) => a + b, 0) / logs.length;
    for (const value of logs) sum += (value - mean) ** 2;
    count += logs.length;
  }
  return count === 0 ? null : Math.sqrt(sum / count);
}

/** The power p from -0.5 to 1.5 at which the curves are least apart; `null` where no rate has a time at all depths. */
export function bestPower(times: readonly TimeAt[]): number | null {
  let best: { readonly power: number; readonly spread: number } | null = null;
  for (let i = -50; i <= 150; i++) {
    const spread = collapseSpread(times, i / 100);
    if (spread === null) return null;
    if (best === null || spread < best.spread) best = { power: i / 100, spread };
  }
  return best?.power ?? null;
}
