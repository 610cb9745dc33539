import { fold, permutation, philoxBlocks } from '../../random/index.ts';
import { sizeOf } from '../../tensor/index.ts';
import { axesFor, numberFeed } from '../number-feed.ts';
import { setOf } from '../set-of.ts';
import { sharesOf } from '../image-data.ts';
import { checkScores, floatInput } from '../inputs.ts';
import type { LearningSet } from '../learning-set.ts';
import { COUNTS, wholeWord, type Generator } from './generator.ts';

/** So many bits have few enough patterns for each of them to be an example. */
const ALL = 13;

/** Of all patterns these many in one are for the test. */
const TEST_SHARE = 1 / 6;

/**
 * Patterns of n bits, ±1, and the parity of k of them that are drawn once: class 1 where an odd number of these are −1, or
 * for one output their product. Up to 13 bits every pattern is there once, in training or in the test.
 * Reference: Minsky and Papert 1969; Barak et al. 2022, arXiv:2207.08799
 */
export const parity: Generator = {
  name: 'parity',
  form: 'parity[:BITS[:RELEVANT]]',
  description:
    'Patterns of BITS bits of ±1 (as many as the input has) and the parity of RELEVANT of them (3, or all where there are fewer) that are ' +
    'drawn once: 2 classes, or the product for one output. Barak et al. 2022.',
  build: (request) => {
    const { graph, key, text } = request;
    const input = floatInput(graph, 'parity');
    const asked = wholeWord(request, 0, { what: 'BITS', low: 1, high: 2 ** 20 });
    const axes = axesFor(input, asked, text);
    const bits = sizeOf(axes.shape);
    const relevant =
      wholeWord(request, 1, { what: 'RELEVANT', low: 1, high: bits }) ?? Math.min(3, bits);
    const chosen = permutation(fold(key, 'chosen'), bits).slice(0, relevant);
    const output = graph.outputs.at(0)?.shape;
    const isProduct = output?.length === 2 && output[1] === 1;
    if (!isProduct) checkScores(graph, 'parity', 2);
    const patterns = patternsOf(bits);
    const partOf = (split: 'train' | 'test'): LearningSet => {
      const { count, bit } = patterns(split);
      const isOdd = (index: number): boolean =>
        chosen.reduce((sum, place) => sum + bit(index, place), 0) % 2 === 1;
      return setOf(
        {
          name: 'parity',
          split,
          count,
        },
        [
          numberFeed(input, axes, (index, out, at) => {
            for (let place = 0; place < bits; place++) out[at + place] = 1 - 2 * bit(index, place);
          }),
        ],
        isProduct
          ? {
              kind: 'values',
              shape: [1],
              write: (index, out, at) => (out[at] = isOdd(index) ? -1 : 1),
            }
          : { kind: 'class', classes: ['even', 'odd'], of: (index) => (isOdd(index) ? 1 : 0) },
      );
    };
    const [train, test] = [partOf('train'), partOf('test')];
    return {
      ...sharesOf(train, key, request),
      test,
      note: `${bits <= ALL ? `All ${train.count + test.count} patterns` : 'Patterns'} of ${bits} ${bits === 1 ? 'bit' : 'bits'}, ${train.count} for training and ${test.count} for the test, and the parity of ${relevant} of them.`,
    };

    /** The bits, 0 or 1, of the patterns of a part. */
    function patternsOf(n: number): (split: 'train' | 'test') => {
      readonly count: number;
      readonly bit: (index: number, place: number) => number;
    } {
      if (n <= ALL) {
        const order = permutation(fold(key, 'order'), 2 ** n);
        const held = Math.max(1, Math.floor(TEST_SHARE * order.length));
        return (split) => {
          const own = split === 'test' ? order.subarray(0, held) : order.subarray(held);
          return { count: own.length, bit: (index, place) => (own[index] >>> place) & 1 };
        };
      }
      const words = 4 * Math.ceil(n / 128);
      return (split) => {
        const drawn = new Uint32Array(words * COUNTS[split]);
        philoxBlocks(fold(key, split), 0, 0, drawn);
        return {
          count: COUNTS[split],
          bit: (index, place) => (drawn[index * words + (place >>> 5)] >>> (place & 31)) & 1,
        };
      };
    }
  },
};
