import type { Nonlinearity } from '../../activation/index.ts';
import type { Variances } from '../variances.ts';
import { edgeOfChaos, type EdgeFactors, type EdgeOptions } from './edge.ts';

/** The smallest change of a plain network's variances that puts it on the edge of chaos. */
export interface EdgeChange extends EdgeFactors {
  /** `null` where every q is a fixed point. */
  readonly qStar: number | null;
  /** `V'(q*)`. */
  readonly chiQ: number;
  /** Whether second moments near q* stay near it. */
  readonly stable: boolean;
  /** `ln² weightFactor + ln² biasFactor`, what was made least. */
  readonly distance: number;
  /** What to do and why, in a sentence. */
  readonly reason: string;
}

/**
 * What to multiply the weights and biases of a plain network by so that `χ₁ = 1`: of all points on the edge
 * of chaos the one with the least `ln² weightFactor + ln² biasFactor`. Errors as of `edgeOfChaos`.
 */
export function edgeOfChaosChange(
  phi: Nonlinearity,
  variances: Variances,
  options: EdgeOptions = {},
): EdgeChange {
  const { layers, ...edge } = edgeOfChaos([{ phi, ...variances }], options);
  const [factors] = layers;
  return { ...factors, ...edge, reason: reasonFor(phi, variances, { ...factors, ...edge }) };
}

function reasonFor(
  { name }: Nonlinearity,
  { sigmaW2, sigmaB2 }: Variances,
  factors: Omit<EdgeChange, 'reason'>,
): string {
  const { qStar, chiQ, stable } = factors;
  if (Math.abs(Math.log(factors.weightFactor)) < 1e-9 && factors.biasFactor === 1) {
    return `σw² = ${short(sigmaW2)}, σb² = ${short(sigmaB2)} is on the edge of chaos of ${name} already.`;
  }
  const weights = `weights times ${short(factors.weightFactor)} (σw² ${short(sigmaW2)} → ${short(factors.sigmaW2)})`;
  const biases =
    factors.biasFactor === 1
      ? ''
      : factors.biasFactor === 0
        ? ', biases to zero'
        : `, biases times ${short(factors.biasFactor)} (σb² ${short(sigmaB2)} → ${short(factors.sigmaB2)})`;
  const held = qStar === null ? 'every q is then held' : `q* = ${short(qStar)}`;
  const stability = stable ? '' : `, which is unstable (χ_q = ${short(chiQ)})`;
  return `${weights}${biases}: the nearest point where χ₁ = 1 for ${name}; ${held}${stability}.`;
}

const short = (x: number): string => String(Number(x.toPrecision(5)));
