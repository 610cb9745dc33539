import { gaussLegendre, type Quadrature } from './gauss-legendre.ts';
import { normalPdf } from './normal.ts';

/** Beyond it lies 2e-19 of the mass of the standard normal. */
const REACH = 9;

const PANEL = gaussLegendre(16);

/**
 * A fixed rule `E f(z) ≈ Σ weights[i] f(nodes[i])`, `z ~ N(0, 1)`: Gauss–Legendre panels of 16 points and
 * of width at most `width` over [-9, 9], which end at the breakpoints, so that kinks there cost nothing.
 * Nodes ascend. For one function of many parameters or many functions of one variable; `gaussianMean`
 * adapts to a single function instead. `RangeError` unless `width` is positive.
 */
export function gaussianRule(breakpoints: readonly number[] = [], width: number = 1): Quadrature {
  if (!(width > 0)) throw new RangeError(`gaussianRule: width must be positive, got ${width}`);
  const inside = breakpoints.filter((point) => Math.abs(point) < REACH);
  const ends = [...new Set([-REACH, 0, REACH, ...inside])].sort((a, b) => a - b);
  const nodes: number[] = [];
  const weights: number[] = [];
  for (let i = 0; i + 1 < ends.length; i++) {
    const count = Math.ceil((ends[i + 1] - ends[i]) / width);
    const half = (ends[i + 1] - ends[i]) / count / 2;
    for (let panel = 0; panel < count; panel++) {
      const middle = ends[i] + (2 * panel + 1) * half;
      for (const [j, x] of PANEL.nodes.entries()) {
        const z = middle + half * x;
        nodes.push(z);
        weights.push(half * PANEL.weights[j] * normalPdf(z));
      }
    }
  }
  return { nodes: Float64Array.from(nodes), weights: Float64Array.from(weights) };
}
