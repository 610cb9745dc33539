import type { Nonlinearity } from '../../activation/index.ts';
import type { SubnetFunction } from './map-network.ts';
import { searchSmooth, STEEPEST, type LocalTarget, type SmoothSolution } from './smooth.ts';
import { maximalCurvature, maximalSlope } from './targets.ts';

/** Factors by which the target is moved in search of one with a solution, the nearest first. */
const FACTORS = [1 / 2, 2, 1 / 4, 4, 1 / 16, 16, 1 / 256, 256] as const;

/** A network whose largest slope or curvature is more than this is chaotic: no advice. */
const LARGEST = 100;

/** Bisections towards the last target with a solution: three digits. */
const BISECTIONS = 8;

/**
 * The error for a target without a solution: the equations, why there is none, and the nearest target that
 * has one.
 */
export function noSolution(
  phi: Nonlinearity,
  network: SubnetFunction,
  target: LocalTarget,
  spurious: SmoothSolution | null,
): RangeError {
  const isDks = target.method === 'dks';
  const wanted = isDks ? `C'(1) = 1 + ${short(target.excess)}` : `C''(1) = ${short(target.kappa)}`;
  const equations = isDks
    ? `Q(1) = 1, Q'(1) = 1, C(0) = 0 and ${wanted}`
    : `Q(1) = 1, Q'(1) = 1, C'(1) = 1 and ${wanted}`;
  const cause =
    spurious === null
      ? `got none for ${phi.name}`
      : `got for ${phi.name} only one with slopes up to ${short(spurious.steepest)} away from the mean, ` +
        `which is spurious from ${STEEPEST[target.method]} on`;
  return new RangeError(
    `shape: ${equations} must have a common solution, ${cause}; ${cureFor(phi, network, target)}`,
  );
}

function cureFor(phi: Nonlinearity, network: SubnetFunction, target: LocalTarget): string {
  const [name, now] = target.method === 'dks' ? ['zeta', target.excess] : ['tau', target.kappa];
  const at = (local: number): LocalTarget =>
    target.method === 'dks' ? { method: 'dks', excess: local } : { method: 'tat', kappa: local };
  const reachedAt = (local: number): number =>
    target.method === 'dks' ? maximalSlope(network, 1 + local) : maximalCurvature(network, local);
  const isSolvable = (local: number): boolean =>
    reachedAt(local) < LARGEST && searchSmooth(phi, at(local), false).best !== null;
  const factor = FACTORS.find((f) => isSolvable(f * now));
  if (factor === undefined) {
    return `no other ${name} helps: use an activation that bends smoothly, such as tanh, softplus or gelu`;
  }
  let [solvable, not] = [Math.log(factor * now), Math.log(now)];
  for (let i = 0; i < BISECTIONS; i++) {
    const middle = (solvable + not) / 2;
    if (isSolvable(Math.exp(middle))) solvable = middle;
    else not = middle;
  }
  const [bound, where] = factor < 1 ? ['at most', 'largest'] : ['at least', 'smallest'];
  return `${name} must be ${bound} ${short(reachedAt(Math.exp(solvable)))} in this network, the ${where} near it with a solution`;
}

const short = (x: number): string => String(Number(x.toPrecision(4)));
