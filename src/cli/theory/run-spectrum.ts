import { jacobianSpectrum } from '../../meanfield/index.ts';
import { spectrumChart, spectrumLines } from '../../report/index.ts';
import { checkPicture, printResult, type OutputOptions } from './print-result.ts';
import { readActivation } from './read-activation.ts';
import { workingPoint, type PlaceOptions } from './working-point.ts';

/** Options of `theory spectrum`. */
export interface SpectrumOptions extends OutputOptions, PlaceOptions {
  readonly activation: string;
  readonly weights: 'gaussian' | 'orthogonal';
  readonly depth: number;
  readonly points: number;
}

/** Prints the singular values of the Jacobian of a deep network. */
export async function runSpectrum(given: SpectrumOptions): Promise<void> {
  const { activation, weights, depth, points } = given;
  checkPicture(given);
  const phi = await readActivation(activation);
  const { source, ...place } = workingPoint(phi, given);
  const { sigmaW2, qStar } = place;
  const spectrum = jacobianSpectrum(phi, { weights, depth, sigmaW2, q: qStar, points });
  const { density, ...rest } = spectrum;
  const title = { activation, weights, depth, ...place, source };
  await printResult(
    {
      json: { ...place, ...rest, density: { s: density.s, rho: density.rho } },
      lines: (options) => spectrumLines(spectrum, title, options),
      picture: () => spectrumChart(spectrum, title),
    },
    given,
  );
}
