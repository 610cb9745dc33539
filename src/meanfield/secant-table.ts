import type { Nonlinearity } from '../activation/index.ts';
import { chebyshev, type Chebyshev } from '../numeric/index.ts';
import { kernelOf, type Kernel } from './kernel.ts';

/** Length in ln q of the pieces that are interpolated one by one, and the degree in each. */
const PIECE = 2;
const DEGREE = 14;

const RIGHT = 0.5 * Math.PI;

/**
 * Gives for every q the function from which `c*` follows, on `0 ≤ θ ≤ π/2`: the secant slope `r(θ)`, or, where `φ`
 * jumps and r grows like 1/θ, `r(θ) (1 - cos θ)/θ`. Between the kernels of a few q per piece it is interpolated
 * in ln q, to about 1e-10.
 */
export function secantTable(phi: Nonlinearity): (q: number) => Chebyshev {
  const pieces = new Map<number, readonly Float64Array[]>();
  const rows = (index: number): readonly Float64Array[] => {
    let piece = pieces.get(index);
    if (piece === undefined) {
      piece = Array.from({ length: DEGREE + 1 }, (_, j) => {
        const x = (index + 0.5 * (1 + nodeAt(j))) * PIECE;
        return seriesOf(phi, Math.exp(x)).coefficients;
      });
      pieces.set(index, piece);
    }
    return piece;
  };
  return (q) => {
    const place = Math.log(q) / PIECE;
    const index = Math.floor(place);
    const piece = rows(index);
    const weights = barycentric(2 * (place - index) - 1);
    const coefficients = new Float64Array(Math.max(...piece.map((row) => row.length)));
    for (let j = 0; j <= DEGREE; j++) {
      const row = piece[j];
      for (let k = 0; k < row.length; k++) coefficients[k] += weights[j] * row[k];
    }
    return { low: 0, high: RIGHT, coefficients };
  };
}

function nodeAt(j: number): number {
  return Math.cos((Math.PI * j) / DEGREE);
}

/** The weights with which values at the nodes give the interpolated value at `t` of [-1, 1]. */
function barycentric(t: number): Float64Array {
  const weights = new Float64Array(DEGREE + 1);
  let sum = 0;
  for (let j = 0; j <= DEGREE; j++) {
    const distance = t - nodeAt(j);
    if (distance === 0) return weights.fill(0).fill(1, j, j + 1);
    weights[j] = ((j % 2 === 0 ? 1 : -1) * (j === 0 || j === DEGREE ? 0.5 : 1)) / distance;
    sum += weights[j];
  }
  return weights.map((weight) => weight / sum);
}

function seriesOf(phi: Nonlinearity, q: number): Chebyshev {
  const kernel = kernelOf(phi, q, 'table');
  if ((phi.jumps ?? []).length === 0) return kernel.nearSecants();
  return chebyshev((theta) => overAngle(kernel, theta), 0, RIGHT, 1e-13);
}

/** `r(θ) (1 - cos θ)/θ`, which is smooth where `φ` jumps. */
function overAngle(kernel: Kernel, theta: number): number {
  const angle = Math.max(theta, 1e-9);
  return (kernel.secant(angle) * 2 * Math.sin(0.5 * angle) ** 2) / angle;
}
