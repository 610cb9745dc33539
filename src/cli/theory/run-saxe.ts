import { saxeOptimalRate, saxeSteps, saxeTime, saxeTrajectory } from '../../meanfield/index.ts';
import { saxeChart, saxeLines } from '../../report/index.ts';
import { checkPicture, printResult, type OutputOptions } from './print-result.ts';

/** Options of `theory saxe`. */
export interface SaxeOptions extends OutputOptions {
  readonly layers: number;
  readonly s: number;
  readonly u0: number;
  readonly uf: number;
  readonly steps: number;
}

/** Prints how long a deep linear network learns one mode. */
export async function runSaxe(given: SaxeOptions): Promise<void> {
  const { layers, s, u0, uf, steps } = given;
  if (!Number.isInteger(steps) || steps < 2 || steps > 100_000) {
    throw new RangeError(
      `theory saxe: steps must be a whole number from 2 to 100000, got ${steps}`,
    );
  }
  checkPicture(given);
  const mode = { layers, s, u0, uf };
  const tOverTau = saxeTime(mode);
  const learning = { tOverTau, steps: saxeSteps(mode), rate: saxeOptimalRate({ layers, s }) };
  await printResult(
    {
      json: { tOverTau },
      lines: (options) => saxeLines(learning, mode, options),
      picture: () => {
        const times = Array.from({ length: steps }, (_, i) => (1.25 * tOverTau * i) / (steps - 1));
        const byLayers = DEPTHS.map(
          (count) => [count, saxeSteps({ ...mode, layers: count })] as const,
        );
        const strength = saxeTrajectory({ layers, s, u0, times });
        const limit = saxeSteps({ ...mode, layers: Infinity });
        return saxeChart({ ...learning, times, strength, byLayers, limit }, mode);
      },
    },
    given,
  );
}

/** Layers of neurons of the picture. */
const DEPTHS: readonly number[] = [
  2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 18, 22, 27, 33, 40, 50, 60, 75, 90, 110, 135, 165, 200, 250,
  300, 370, 450, 550, 670, 820, 1000,
];
