import { cosSmall, sinSmall } from '../../numeric/index.ts';
import { fillNormal, fillUniform, fold } from '../../random/index.ts';
import { axesFor, numberFeed } from '../number-feed.ts';
import { setOf } from '../set-of.ts';
import { sharesOf } from '../image-data.ts';
import { checkScores, floatInput } from '../inputs.ts';
import type { LearningSet } from '../learning-set.ts';
import { COUNTS, numberWord, wholeWord, type Generator } from './generator.ts';

/** By how much an arm turns from the centre to its end, in whole turns. */
export const TURNS = 1;

/** Points whose radius is uniform in 0 … 1 have variance ⅙ in each direction. */
const SCALE = Math.sqrt(6);

/** Cosine and sine of an angle in turns, with the same bits in every engine. */
function circle(turns: number): readonly [cos: number, sin: number] {
  const quarters = Math.round(4 * turns);
  const rest = (4 * turns - quarters) * (Math.PI / 2);
  const [cos, sin] = [cosSmall(rest), sinSmall(rest)];
  const turned: readonly (readonly [number, number])[] = [
    [cos, sin],
    [-sin, cos],
    [-cos, -sin],
    [sin, -cos],
  ];
  return turned[((quarters % 4) + 4) % 4];
}

/**
 * Points on arms that wind about the centre: on arm k of K at radius r, uniform in 0 … 1, the angle is `2π (k/K + r)`. Noise is
 * Gaussian in both directions, in units of the length of an arm; then all is scaled to variance 1.
 * Reference: Lang and Witbrock 1988, Learning to tell two spirals apart
 */
export const spirals: Generator = {
  name: 'spirals',
  form: 'spirals[:ARMS[:NOISE]]',
  description:
    'Points of the plane on ARMS arms of a spiral (3, or 2 for an output of 2), with noise of deviation NOISE (0.02 of an arm): ' +
    'which arm is it? Lang and Witbrock 1988.',
  build: (request) => {
    const { graph, key } = request;
    const input = floatInput(graph, 'spirals');
    const axes = axesFor(input, 2, 'spirals');
    const scores = graph.outputs.at(0)?.shape?.at(-1);
    const arms =
      wholeWord(request, 0, { what: 'ARMS', low: 2, high: 1000 }) ?? (scores === 2 ? 2 : 3);
    const noise = numberWord(request, 1, { what: 'NOISE', low: 0, high: 1 }) ?? 0.02;
    checkScores(graph, 'spirals', arms);
    const partOf = (split: 'train' | 'test'): LearningSet => {
      const own = fold(key, split);
      const count = COUNTS[split];
      const radii = new Float64Array(count);
      fillUniform(fold(own, 'radii'), radii, 0, 1);
      const points = new Float64Array(2 * count);
      fillNormal(fold(own, 'noise'), points, 0, noise);
      for (let i = 0; i < count; i++) {
        const [cos, sin] = circle((i % arms) / arms + TURNS * radii[i]);
        points[2 * i] = SCALE * (points[2 * i] + radii[i] * cos);
        points[2 * i + 1] = SCALE * (points[2 * i + 1] + radii[i] * sin);
      }
      return setOf(
        {
          name: 'spirals',
          split,
          count,
        },
        [
          numberFeed(input, axes, (index, out, at) =>
            out.set(points.subarray(2 * index, 2 * index + 2), at),
          ),
        ],
        {
          kind: 'class',
          classes: Array.from({ length: arms }, (_, arm) => `arm ${arm + 1}`),
          of: (index) => index % arms,
        },
      );
    };
    return {
      ...sharesOf(partOf('train'), key, request),
      test: partOf('test'),
      note: `${COUNTS.train} points for training and ${COUNTS.test} for the test on ${arms} arms of a spiral, with noise of deviation ${noise} of an arm, scaled to variance 1.`,
    };
  },
};
