import { gaussLegendre } from '../../numeric/index.ts';

const PANEL = gaussLegendre(16);

/** Beyond this many standard deviations a coordinate has 2e-19 of its mass. */
const REACH = 9;

/**
 * Nodes and weights for one coordinate `t` of a point drawn evenly from the unit sphere in `R^dimension`, whose density
 * is `∝ (1 - t²)^{(dimension - 3) / 2}`: Gauss–Legendre panels in the angle `ψ`, `t = sin ψ`, between kinks (values
 * of t). `ψ` is a cubic in between that is flat at both ends, so that square roots there cost nothing either. Weights
 * add up to 1. `dimension` is a whole number from 2 on.
 */
export function sphereRule(
  dimension: number,
  kinks: readonly number[],
): { readonly nodes: Float64Array; readonly weights: Float64Array } {
  const power = dimension - 2;
  const spread = 1 / Math.sqrt(Math.max(1, power));
  const most = Math.min(0.5 * Math.PI, REACH * spread);
  const inside = kinks.filter((t) => Math.abs(t) < 1).map(Math.asin);
  const ends = [...new Set([-most, 0, most, ...inside.filter((psi) => Math.abs(psi) < most)])].sort(
    (a, b) => a - b,
  );
  const width = Math.min(0.5, spread);
  const nodes: number[] = [];
  const weights: number[] = [];
  let total = 0;
  for (let i = 0; i + 1 < ends.length; i++) {
    const middle = 0.5 * (ends[i] + ends[i + 1]);
    const half = 0.5 * (ends[i + 1] - ends[i]);
    const count = Math.ceil((3 * half) / width);
    for (let panel = 0; panel < count; panel++) {
      for (const [j, x] of PANEL.nodes.entries()) {
        const v = (2 * panel + 1 + x) / count - 1;
        const psi = middle + half * v * (1.5 - 0.5 * v * v);
        const stretch = (half / count) * (1 - v) * (1 + v);
        const weight = stretch * PANEL.weights[j] * Math.cos(psi) ** power;
        nodes.push(Math.sin(psi));
        weights.push(weight);
        total += weight;
      }
    }
  }
  return {
    nodes: Float64Array.from(nodes),
    weights: Float64Array.from(weights, (weight) => weight / total),
  };
}
