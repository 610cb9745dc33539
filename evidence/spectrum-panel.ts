import type { JacobianSpectrum } from '../src/meanfield/index.ts';
import { superscript } from '../src/report/chart-axes.ts';
import type { Line as Curve, Panel } from '../src/report/theory/figure.ts';
import type { ComparedChain } from './chain.ts';

/** The horizontal axis of a spectrum. */
interface Scale {
  readonly low: number;
  readonly high: number;
  readonly log: boolean;
}

const BINS = 32;
/** Beyond this ratio of the largest singular value to the median, the axis is logarithmic. */
const WIDE = 12;
/** The least part of the largest singular value on an axis: what is below is rounding of float32. */
const LEAST = 1e-5;

function scaleOf({ law, measured }: ComparedChain): Scale {
  const most = Math.max(law.sMax, measured.sMax);
  const median = law.deciles[4];
  if (most <= WIDE * median) {
    const least = Math.min(law.sMin, measured.sMin);
    const low = least > 0.5 * most ? least - 0.2 * (most - least) : 0;
    return { low, high: most + 0.08 * (most - low), log: false };
  }
  const first = law.deciles.find((s) => s > LEAST * most) ?? LEAST * most;
  return { low: Math.max(LEAST * most, first / 20), high: 2 * most, log: true };
}

const percent = (share: number): string => `${(100 * share).toFixed(share < 0.095 ? 1 : 0)} %`;

/** Mass of a law below s, between the points of its density. */
function below({ density, atoms }: JacobianSpectrum, s: number): number {
  const i = density.s.findIndex((at) => at > s);
  if (i > 0) return density.cdf[i - 1];
  const lower = atoms.reduce((sum, atom) => sum + (atom.s < s ? atom.mass : 0), 0);
  return i === 0 ? Math.max(lower, density.cdf[0]) : lower;
}

/** The power of ten that numbers up to `most` are written in, 1 where they need none. */
const unitOf = (most: number): number =>
  most >= 0.01 && most < 1000 ? 1 : 10 ** Math.floor(Math.log10(most));

/** Singular values as bars and their law as a line, an atom as a stem; share per unit of s, of ln s on a log axis. */
export function spectrumPanel(compared: ComparedChain, title: string): Panel {
  const { law, measured } = compared;
  const { low, high, log } = scaleOf(compared);
  const unit = log ? 1 : unitOf(high);
  const along = log ? Math.log : (s: number): number => s / unit;
  const width = (along(high) - along(low)) / BINS;
  const values = measured.singularValues ?? [];
  const edge = (i: number): number => (log ? low * Math.exp(i * width) : low / unit + i * width);
  const shares = new Float64Array(BINS);
  // On an axis that begins at 0, what is 0 up to rounding is told apart.
  const least = Math.max(low, LEAST * Math.max(law.sMax, measured.sMax));
  for (const s of values) {
    const bin = s >= least ? Math.floor((along(s) - along(low)) / width) : -1;
    if (bin >= 0 && bin < BINS) shares[bin] += 1 / values.length;
  }
  const points = law.density.s
    .map((s, i): [number, number] => [s / unit, (log ? s : unit) * law.density.rho[i]])
    .filter(([s]) => s * unit >= low && s * unit <= high);
  const atoms = law.atoms.filter(({ s }) => s > low && s < high);
  const isFree = (bin: number): boolean =>
    atoms.every(({ s }) => Math.abs((along(s) - along(low)) / width - bin - 0.5) > 1);
  // An atom, or a density that runs to infinity at an edge, is cut, so that the rest is seen.
  const heights = Array.from(shares, (share) => share / width).filter((_, i) => isFree(i));
  const top = 1.35 * (Math.max(...heights) || 1);
  const lost = values.filter((s) => s < least).length / values.length;
  const lostTheory = below(law, least);
  const place = log ? 'left of it' : 'at 0';
  const rest =
    Math.max(lostTheory, lost) > 5e-4
      ? `; ${place} ${percent(lost)}, by theory ${percent(lostTheory)}`
      : '';
  const name = unit === 1 ? 'singular value s' : `s in units of ${superscript(Math.log10(unit))}`;
  return {
    title,
    x: { name: `${name}${rest}`, low: low / unit, high: high / unit, log },
    y: { name: log ? 'share per unit of ln s' : 'share per unit of s', low: 0, high: top },
    bars: {
      name: 'measured',
      tone: 'blue',
      items: Array.from(shares, (share, i) => ({
        from: edge(i),
        to: edge(i + 1),
        height: Math.min(share / width, top),
      })),
    },
    lines: [
      { name: 'theory', tone: 'ink', points },
      ...atoms.map(({ s }): Curve => ({
        tone: 'ink',
        dash: true,
        points: [
          [s / unit, 0],
          [s / unit, top],
        ],
      })),
    ],
    marks: atoms.map(({ s, mass }) => ({
      at: [s / unit, 0.93 * top],
      tone: 'ink',
      label: `a share of ${percent(mass)}`,
    })),
  };
}
