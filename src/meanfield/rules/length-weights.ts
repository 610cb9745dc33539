/** Weights of powers of `L = 1 - ε` in a sum over T tokens, or over the lengths 1 … T of a causal mask. */
export interface LengthWeights {
  /** `T L^(T-1)`; causal: its average over T. */
  readonly once: (epsilon: number) => number;
  /** `T (T-1) L^(T-2)`; causal: its average over T. */
  readonly twice: (epsilon: number) => number;
}

/** All positions see all `tokens`. */
export function fullLength(tokens: number): LengthWeights {
  return {
    once: (epsilon) => tokens * power(epsilon, tokens - 1),
    twice: (epsilon) => (tokens < 2 ? 0 : tokens * (tokens - 1) * power(epsilon, tokens - 2)),
  };
}

/** Position t sees t tokens, and positions are averaged over `t = 1 … tokens`. */
export function causalLengths(tokens: number): LengthWeights {
  return {
    once: (epsilon) => {
      if (tokens * epsilon < 1) return series(tokens, epsilon, 2);
      return (1 - power(epsilon, tokens) * (1 + tokens * epsilon)) / (tokens * epsilon * epsilon);
    },
    twice: (epsilon) => {
      if (tokens * epsilon < 1) return series(tokens, epsilon, 3);
      const last = power(epsilon, tokens - 1);
      const L = 1 - epsilon;
      const first = (2 * (1 - last * L * L)) / epsilon;
      const second = 2 * (tokens + 1) * last * L + tokens * (tokens + 1) * last * epsilon;
      return (first - second) / (tokens * epsilon * epsilon);
    },
  };
}

/**
 * `(1/T) Σₜ t(t-1)…(t-k+2) (1-ε)^(t-k+1)` in powers of ε: the falling factorials add up to
 * `(T+1)T…(T+1-m-k+1) / (m+k)` for the power m.
 */
function series(tokens: number, epsilon: number, k: number): number {
  let term = 1 / tokens;
  for (let i = 0; i < k; i++) term *= tokens + 1 - i;
  let sum = 0;
  for (let m = 0; m < 40 && Math.abs(term) > 0; m++) {
    sum += term / (m + k);
    term *= (-epsilon * (tokens + 1 - m - k)) / (m + 1);
  }
  return sum;
}

/** `(1-ε)^n`, also of ε = 1. */
const power = (epsilon: number, n: number): number =>
  n === 0 ? 1 : Math.exp(n * Math.log1p(-epsilon));
