/** Logistic function `1 / (1 + exp(-x))`, with full relative accuracy in the left tail. */
export function sigmoid(x: number): number {
  const e = Math.exp(-Math.abs(x));
  return (x < 0 ? e : 1) / (1 + e);
}

/** `softplus x = ln(1 + exp x)`, without overflow and with full relative accuracy. */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}
