/** Without the zeros at the end of the fraction; the zeros of an exponent stay. */
const trimmed = (text: string): string =>
  text.replace(/(\.\d*?)0+(?=e|$)/, '$1').replace(/\.(?=e|$)/, '');

/**
 * A number with 4 significant digits, such as `0.05051` or `3.1e-12`. Integers below a million stand
 * in full, `null` is `–`, and what is not finite is `inf`, `-inf` or `NaN`.
 */
export function formatNumber(value: number | null): string {
  if (value === null) return '–';
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const size = Math.abs(value);
  if (size < 1e6 && Number.isInteger(value)) return String(value === 0 ? 0 : value);
  if (size < 1e-3 || size >= 9999.5) return trimmed(value.toExponential(3)).replace('e+', 'e');
  return trimmed(value.toPrecision(4));
}

/** `64×32×3×3`; the empty shape is `scalar`. */
export function formatShape(shape: readonly number[]): string {
  return shape.length === 0 ? 'scalar' : shape.join('×');
}

/** A share as percent, `12%` or `2.5%`; never `0%` or `100%` unless it is exactly that. */
export function formatShare(share: number | null): string {
  if (share === null || !Number.isFinite(share)) return formatNumber(share);
  if (share === 0 || share === 1) return `${100 * share}%`;
  if (share > 0 && share < 0.0005) return '<0.1%';
  if (share < 1 && share >= 0.995) return '>99%';
  return `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)}%`;
}

/** A count in words: `812`, `25.6 thousand`, `1.23 million`, `7 billion`. */
export function formatCount(count: number): string {
  if (count < 1e4) return String(count);
  // Rounded first, so that 999 999 is one million and not a thousand thousand.
  const rounded = Number(count.toPrecision(3));
  const [unit, word] =
    rounded >= 1e9 ? [1e9, 'billion'] : rounded >= 1e6 ? [1e6, 'million'] : [1e3, 'thousand'];
  return `${Number((rounded / unit).toPrecision(3))} ${word}`;
}

/** All the same: that; else `smallest…largest`, with `–` if none exists. */
export function formatRange(values: readonly (number | null)[]): string {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value === null) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return '–';
  const [from, to] = [formatNumber(low), formatNumber(high)];
  return from === to ? from : `${from}…${to}`;
}

/** Names and values of a scheme in the syntax of `--set`: `he_normal(mode=fan_in)`. */
export function formatScheme(
  scheme: string,
  options: Readonly<Record<string, number | string>>,
): string {
  const parts = Object.entries(options).map(
    ([name, value]) => `${name}=${typeof value === 'number' ? formatNumber(value) : value}`,
  );
  return parts.length === 0 ? scheme : `${scheme}(${parts.join(', ')})`;
}
