import { correlationMap } from '../../meanfield/index.ts';
import { cmapChart, cmapLines } from '../../report/index.ts';
import { checkPicture, printResult, type OutputOptions } from './print-result.ts';
import { readActivation } from './read-activation.ts';
import { workingPoint, type PlaceOptions } from './working-point.ts';

/** Options of `theory cmap`. */
export interface CmapOptions extends OutputOptions, PlaceOptions {
  readonly activation: string;
  readonly c: readonly number[];
  readonly depth: number;
}

/** More layers than this make no output that anybody reads. */
const DEEPEST = 1_000_000;

/** Prints the correlation of two inputs layer by layer. */
export async function runCmap(given: CmapOptions): Promise<void> {
  const { activation, c, depth } = given;
  if (!Number.isInteger(depth) || depth < 1 || depth > DEEPEST) {
    throw new RangeError(
      `theory cmap: depth must be a whole number from 1 to ${DEEPEST}, got ${depth}`,
    );
  }
  for (const start of c) {
    if (!(Math.abs(start) <= 1)) {
      throw new RangeError(`theory cmap: c must be a correlation, from -1 to 1, got ${start}`);
    }
  }
  checkPicture(given);
  const phi = await readActivation(activation);
  const { source, ...place } = workingPoint(phi, given);
  const map = correlationMap(phi, place, place.qStar);
  const value = c.map((start) => {
    let at = start;
    return Array.from({ length: depth }, () => (at = Math.min(1, Math.max(-1, map.at(at)))));
  });
  const title = { activation, ...place, source };
  await printResult(
    {
      json: { c, value, ...place },
      lines: (options) => cmapLines(c, value, title, options),
      picture: () => cmapChart(c, value, title),
    },
    given,
  );
}
