import { correlationMap, phasePoint, varianceMap } from '../../meanfield/index.ts';
import { pointChart, pointLines } from '../../report/index.ts';
import { checkPicture, printResult, type OutputOptions } from './print-result.ts';
import { readActivation } from './read-activation.ts';

/** Options of `theory point`. */
export interface PointOptions extends OutputOptions {
  readonly activation: string;
  readonly sigmaW2: number;
  readonly sigmaB2: number;
}

/** Prints what given variances do. */
export async function runPoint(given: PointOptions): Promise<void> {
  const { activation, sigmaW2, sigmaB2, ...output } = given;
  checkPicture(output);
  const phi = await readActivation(activation);
  const variances = { sigmaW2, sigmaB2 };
  const point = phasePoint(phi, variances);
  const title = { activation, ...variances };
  await printResult(
    {
      json: point,
      lines: (options) => pointLines(point, title, options),
      picture: () => {
        const correlation = correlationMap(phi, variances, point.qStar);
        return pointChart(point, title, {
          variance: (q) => varianceMap(phi, variances, q),
          correlation: (c) => correlation.at(c),
        });
      },
    },
    output,
  );
}
