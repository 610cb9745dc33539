import { criticalPoints } from '../../meanfield/index.ts';
import { criticalChart, criticalLines } from '../../report/index.ts';
import { UsageError } from '../failure.ts';
import { edgeAround } from './edge.ts';
import { checkPicture, printResult, type OutputOptions } from './print-result.ts';
import { readActivation } from './read-activation.ts';
import type { PlaceOptions } from './working-point.ts';

/** Options of `theory critical`. */
export interface CriticalOptions extends OutputOptions, PlaceOptions {
  readonly activation: string;
}

/** Prints every point of the edge of chaos with a given variance or q*. */
export async function runCritical(given: CriticalOptions): Promise<void> {
  const { activation, sigmaW2, sigmaB2, q, ...output } = given;
  const where =
    sigmaB2 !== undefined
      ? { sigmaB2 }
      : sigmaW2 !== undefined
        ? { sigmaW2 }
        : q !== undefined
          ? { q }
          : undefined;
  if (where === undefined) {
    throw new UsageError(
      'theory critical: one of --sigma-b2, --sigma-w2 and --q must be given, got none',
    );
  }
  checkPicture(output);
  const phi = await readActivation(activation);
  const points = criticalPoints(phi, where);
  await printResult(
    {
      json: { points },
      lines: (options) => criticalLines(points, activation, options),
      picture: () => criticalChart(points, activation, edgeAround(phi, points)),
    },
    output,
  );
}
