import type { JacobianSpectrum } from '../../meanfield/index.ts';
import { table } from '../table.ts';
import type { TextOptions } from '../types.ts';
import { conclusion, facts, heading, precise, rough } from './facts.ts';
import { figure, type Line } from './figure.ts';

/** What a spectrum is of. */
export interface SpectrumTitle {
  readonly activation: string;
  readonly weights: 'gaussian' | 'orthogonal';
  readonly depth: number;
  readonly sigmaW2: number;
  readonly sigmaB2: number;
  readonly qStar: number;
  /** Where the variances come from, in a clause. */
  readonly source: string;
}

const layers = (depth: number): string => `${depth} ${depth === 1 ? 'layer' : 'layers'}`;

/** A spectrum for people. */
export function spectrumLines(
  spectrum: JacobianSpectrum,
  title: SpectrumTitle,
  options: TextOptions,
): readonly string[] {
  const { sMax, sMin, mean, variance, deciles, atoms } = spectrum;
  const { activation, weights, depth, sigmaW2, sigmaB2, qStar, source } = title;
  const [first, last] = [deciles[0], deciles[8]];
  const spread =
    sMax === 0
      ? 'All directions are lost'
      : last < 1.005 * first
        ? `At least 80% of all directions are stretched alike, by ${rough(first)}`
        : first > 0
          ? `The middle 80% of directions are stretched by ${rough(first)} to ${rough(last)}, a factor of ${rough(last / first)}`
          : `At least a tenth of all directions are lost, and the others are stretched by up to ${rough(sMax)}`;
  return [
    ...heading(
      `Jacobian of ${layers(depth)} of ${activation}, ${weights} weights, σw² = ${precise(sigmaW2)}, σb² = ${precise(sigmaB2)} (${source})`,
      options,
    ),
    ...facts(
      [
        ['q*', qStar, 'second moment of the pre-activations'],
        ['s_max', sMax, 'largest singular value'],
        ['s_min', sMin, 'smallest singular value'],
        [
          'mean',
          mean,
          'mean of the eigenvalues s² of JJᵀ: factor of the second moment of gradients',
        ],
        ['variance', variance, 'variance of the eigenvalues of JJᵀ'],
        ...atoms.map(
          ({ s, mass }) =>
            [
              'atom',
              s,
              `a share of ${precise(mass)} of all singular values has this value`,
            ] as const,
        ),
      ],
      options,
    ),
    '',
    ...table(
      deciles.map((_, i) => ({ title: `${10 * (i + 1)}%`, align: 'right' })),
      [deciles.map(rough)],
      options,
    ).map((line) => `  ${line}`),
    '  deciles: this share of the singular values is smaller',
    ...conclusion(
      `${spread}; gradients ${meanSentence(mean)} on average over ${depth === 1 ? 'this layer' : `these ${layers(depth)}`}.`,
      options,
    ),
  ];
}

function meanSentence(mean: number): string {
  if (mean === 0) return 'vanish';
  if (Math.abs(mean - 1) < 1e-6) return 'keep their size';
  if (Math.abs(mean - 1) < 0.01) return 'almost keep their size';
  return mean > 1 ? `grow by ${rough(Math.sqrt(mean))}` : `shrink by ${rough(1 / Math.sqrt(mean))}`;
}

/** Beyond this ratio of the largest singular value to the median, the axis is logarithmic. */
const WIDE = 25;

/** The density of the singular values between its edges, with atoms as stems. */
export async function spectrumChart(
  spectrum: JacobianSpectrum,
  title: SpectrumTitle,
): Promise<string> {
  const { sMax, sMin, deciles, atoms, density } = spectrum;
  const { activation, weights, depth, sigmaW2, sigmaB2 } = title;
  const isWide = density.s.length > 0 && sMax > WIDE * deciles[4];
  const width = sMax - sMin;
  const low = isWide
    ? Math.max(deciles[0] / 10, 1e-12 * sMax)
    : width > 0
      ? Math.max(0, sMin - 0.15 * width)
      : 0;
  const high = isWide ? 2 * sMax : width > 0 ? sMax + 0.08 * width : 1.5 * sMax;
  const points = density.s
    .map((s, i): [number, number] => [s, isWide ? s * density.rho[i] : density.rho[i]])
    .filter(([s, rho]) => s >= low && Number.isFinite(rho));
  // A density that runs to infinity at an edge is cut there, so that the rest is seen.
  const rest = points.filter(
    ([s]) => isWide || (s >= sMin + 0.04 * width && s <= sMax - 0.03 * width),
  );
  const top = 1.15 * Math.max(...rest.map(([, rho]) => rho), 0) || 1;
  const stem = (s: number, height: number): readonly [number, number][] => [
    [s, 0],
    [s, height],
  ];
  const zero = atoms.filter(({ s }) => s < Math.max(low, 1e-9 * sMax));
  const shown = atoms.filter((atom) => !zero.includes(atom));
  const lost = zero.map(({ mass }) => `; a share of ${rough(mass)} is 0`).join('');
  const edges = [['s_min', sMin] as const, ['s_max', sMax] as const].filter(
    ([, s]) => s > 1e-9 * sMax && s > low,
  );
  const name = `${layers(depth)} of ${activation}, ${weights} weights`;
  return figure(
    [
      {
        title: `${name}, σw² = ${rough(sigmaW2)}, σb² = ${rough(sigmaB2)}`,
        x: { name: `singular value s${lost}`, low, high, log: isWide },
        y: { name: isWide ? 's ρ(s), share per unit of ln s' : 'density ρ(s)', low: 0, high: top },
        lines: [
          ...deciles
            .filter((s) => s > low && points.length > 0)
            .map((s, i): Line => ({
              tone: 'grey',
              thin: true,
              points: stem(s, heightAt(points, s)),
              name: i === 0 ? 'deciles' : undefined,
            })),
          ...edges.map(([symbol, s]): Line => ({
            tone: 'ink',
            dash: true,
            thin: true,
            name: `${symbol} = ${rough(s)}`,
            points: stem(s, top),
          })),
          { name: isWide ? 's ρ(s)' : 'ρ(s)', tone: 'blue', points },
          ...shown.map(({ s, mass }, i): Line => ({
            tone: 'orange',
            points: stem(s, mass * top),
            name: i === 0 ? 'atoms' : undefined,
          })),
        ],
        marks: shown.map(({ s, mass }) => ({
          at: [s, mass * top],
          tone: 'orange',
          label: `share ${rough(mass)}`,
        })),
      },
    ],
    `Density of the singular values of the Jacobian of ${name}: from ${rough(sMin)} to ${rough(sMax)}, median ${rough(deciles[4])}.`,
  );
}

/** The height of the density at `s`, between its points. */
function heightAt(points: readonly (readonly [number, number])[], s: number): number {
  const next = points.findIndex(([x]) => x >= s);
  if (next <= 0) return points[Math.max(0, next)]?.[1] ?? 0;
  const [[x0, y0], [x1, y1]] = [points[next - 1], points[next]];
  return y0 + ((s - x0) / (x1 - x0)) * (y1 - y0);
}
