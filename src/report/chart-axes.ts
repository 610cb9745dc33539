/** `10⁻¹²`, with 1 and 10 as such. */
export function superscript(exponent: number): string {
  const digits = String(exponent).replace(/[-\d]/g, (digit) =>
    digit === '-' ? '⁻' : '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)],
  );
  return exponent === 0 ? '1' : exponent === 1 ? '10' : `10${digits}`;
}

const niceStep = (span: number, parts: number): number => {
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];
  return steps.find((step) => span / step <= parts) ?? 10 ** Math.ceil(Math.log10(span / parts));
};

/** Multiples of a round step from `low` to `high`, in about `parts` steps. */
export function valueTicks(low: number, high: number, parts: number): readonly number[] {
  const step = niceStep(high - low, parts);
  const from = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - from + 1 }, (_, i) => (from + i) * step);
}

/** Layers from 1 to `count` with a label: the first, the last and round ones between. */
export function layerTicks(count: number, width: number): readonly number[] {
  const step = niceStep(count, width / 60);
  const ticks = [1];
  for (let tick = step; tick < count - step / 2; tick += step) if (tick > 1) ticks.push(tick);
  if (count > 1) ticks.push(count);
  return ticks;
}
