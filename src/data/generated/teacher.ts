import { exactExp } from '../../numeric/index.ts';
import { fillNormal, fold, type Key } from '../../random/index.ts';
import { sizeOf } from '../../tensor/index.ts';
import { axesFor, numberFeed, outputShape } from '../number-feed.ts';
import { setOf } from '../set-of.ts';
import { sharesOf } from '../image-data.ts';
import { floatInput } from '../inputs.ts';
import type { LearningSet } from '../learning-set.ts';
import { COUNTS, numberWord, wholeWord, type Generator } from './generator.ts';

/** A network of one hidden layer that others learn from. */
export interface Teacher {
  /** [width, inputs]. */
  readonly first: Float64Array;
  /** [outputs, width]. */
  readonly second: Float64Array;
  readonly width: number;
  readonly activation: (z: number) => number;
}

/** tanh from an exponential that has the same bits everywhere. */
function tanh(z: number): number {
  const e = exactExp(-2 * Math.abs(z));
  const value = (1 - e) / (1 + e);
  return z < 0 ? -value : value;
}

const relu = (z: number): number => Math.max(0, z);

/** What the hidden units of a teacher do, and its second moment, `E φ(z)²` for z ~ N(0, 1). */
export interface TeacherActivation {
  readonly f: (z: number) => number;
  readonly square: number;
}

/** That of tanh by mpmath, `quad(tanh(z)**2 * exp(-z*z/2) / sqrt(2*pi), [-40, 0, 40])` with 30 digits. */
export const teacherActivations: ReadonlyMap<string, TeacherActivation> = new Map([
  ['tanh', { f: tanh, square: 0.39429449039784115 }],
  ['relu', { f: relu, square: 0.5 }],
]);

/**
 * `y = V φ(W x)`, W with variance 1/inputs and V with variance `1 / (width E φ(z)²)`, so that for inputs of N(0, 1) targets have
 * variance 1 on average over teachers.
 */
export function drawTeacher(
  key: Key,
  inputs: number,
  width: number,
  outputs: number,
  { f, square }: TeacherActivation,
): Teacher {
  const first = new Float64Array(width * inputs);
  const second = new Float64Array(outputs * width);
  fillNormal(fold(key, 'first'), first, 0, Math.sqrt(1 / inputs));
  fillNormal(fold(key, 'second'), second, 0, Math.sqrt(1 / (width * square)));
  return { first, second, width, activation: f };
}

/** What a teacher says of an example. */
export function answer(teacher: Teacher, x: Float32Array, out: Float32Array): void {
  const { first, second, width, activation } = teacher;
  const hidden = new Float64Array(width);
  for (let unit = 0; unit < width; unit++) {
    const row = unit * x.length;
    let sum = 0;
    for (let i = 0; i < x.length; i++) sum += first[row + i] * x[i];
    hidden[unit] = activation(sum);
  }
  for (let output = 0; output < out.length; output++) {
    let sum = 0;
    for (let unit = 0; unit < width; unit++) sum += second[output * width + unit] * hidden[unit];
    out[output] = sum;
  }
}

/** Gaussian inputs and the answers of a random network. */
export const teacher: Generator = {
  name: 'teacher',
  form: 'teacher[:tanh|relu[:WIDTH[:NOISE]]]',
  description:
    'Gaussian inputs, and as targets what a random network of one hidden layer (tanh, width 64) says of them, of variance 1, ' +
    'with noise of deviation NOISE (0). Seung et al. 1992; Saad and Solla 1995.',
  build: (request) => {
    const { graph, key, text, words } = request;
    const input = floatInput(graph, 'teacher');
    const axes = axesFor(input, null, 'teacher');
    const shape = outputShape(graph, 'teacher');
    const activation = teacherActivations.get(words.at(0) ?? 'tanh');
    if (activation === undefined) {
      throw new RangeError(
        `${text}: the activation must be tanh or relu, got ${JSON.stringify(words[0])}`,
      );
    }
    const width = wholeWord(request, 1, { what: 'WIDTH', low: 1, high: 65536 }) ?? 64;
    const noise = numberWord(request, 2, { what: 'NOISE', low: 0, high: 1000 }) ?? 0;
    const [inputs, outputs] = [sizeOf(axes.shape), sizeOf(shape)];
    const model = drawTeacher(fold(key, 'teacher'), inputs, width, outputs, activation);
    const partOf = (split: 'train' | 'test'): LearningSet => {
      const own = fold(key, split);
      const [inputKey, noiseKey] = [fold(own, 'inputs'), fold(own, 'noise')];
      const kept = new Map<number, Float32Array>();
      const exampleOf = (index: number): Float32Array => {
        const x = new Float32Array(inputs);
        fillNormal(inputKey, x, 0, 1, index * inputs);
        return x;
      };
      const targetOf = (index: number): Float32Array => {
        const known = kept.get(index);
        if (known !== undefined) return known;
        const values = new Float32Array(outputs);
        answer(model, exampleOf(index), values);
        if (noise > 0) {
          const errors = new Float32Array(outputs);
          fillNormal(noiseKey, errors, 0, noise, index * outputs);
          for (let i = 0; i < outputs; i++) values[i] += errors[i];
        }
        kept.set(index, values);
        return values;
      };
      return setOf(
        {
          name: 'teacher',
          split,
          count: COUNTS[split],
        },
        [numberFeed(input, axes, (index, out, at) => out.set(exampleOf(index), at))],
        {
          kind: 'values',
          shape,
          write: (index, out, at) => out.set(targetOf(index), at),
        },
      );
    };
    return {
      ...sharesOf(partOf('train'), key, request),
      test: partOf('test'),
      note: `${COUNTS.train} Gaussian inputs for training and ${COUNTS.test} for the test; the targets are what a random ${words.at(0) ?? 'tanh'} network with ${width} hidden ${width === 1 ? 'unit' : 'units'} says of them${noise > 0 ? `, with noise of deviation ${noise}` : ''}.`,
    };
  },
};
