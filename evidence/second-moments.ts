import type { ImageSet } from '../src/data/index.ts';
import { leadingVectors, productTransposed, singularVectors } from '../src/numeric/index.ts';
import { addProduct, matrixAt } from '../src/runtime/index.ts';
import { sizeOf } from '../src/tensor/index.ts';

/** What a linear network learns from a set of examples, as means over them; targets are one-hot. */
export interface SecondMoments {
  readonly inputs: number;
  readonly classes: number;
  /** `Σ11 = mean x xᵀ`, [inputs, inputs]. */
  readonly sigma11: Float64Array;
  /** `Σ31 = mean y xᵀ`, [classes, inputs]. */
  readonly sigma31: Float64Array;
  /** `mean |y|²`. */
  readonly size: number;
}

/** Examples whose products are made at once. */
const PART = 5000;

/** The second moments of the first `count` images, pixels from 0 to 1. */
export async function secondMoments(
  { images, labels, classes }: ImageSet,
  count: number,
): Promise<SecondMoments> {
  const inputs = sizeOf(images.shape.slice(1));
  const sigma31 = new Float64Array(classes.length * inputs);
  const sigma11 = new Float64Array(inputs * inputs);
  for (let from = 0; from < count; from += PART) {
    const examples = Math.min(PART, count - from);
    const columns = new Float64Array(inputs * examples);
    for (let example = 0; example < examples; example++) {
      const label = labels[from + example];
      for (let pixel = 0; pixel < inputs; pixel++) {
        const x = images.data[(from + example) * inputs + pixel] / 255;
        columns[pixel * examples + example] = x;
        sigma31[label * inputs + pixel] += x / count;
      }
    }
    const part = matrixAt(columns, 0, inputs, examples);
    await addProduct(matrixAt(sigma11, 0, inputs, inputs), part, part, { threads: 1 });
  }
  for (let i = 0; i < sigma11.length; i++) sigma11[i] /= count;
  return { inputs, classes: classes.length, sigma11, sigma31, size: 1 };
}

/** Inputs without correlations: modes that a linear network learns one by one. */
export interface Modes {
  readonly inputs: number;
  readonly classes: number;
  /** Singular values of Σ31, the largest first, in units of it. */
  readonly s: readonly number[];
  /** `u_i`, [classes]. */
  readonly left: readonly Float64Array[];
  /** `v_i`, [inputs]. */
  readonly right: readonly Float64Array[];
  /** As second moments, `Σ11 = I`. */
  readonly moments: SecondMoments;
}

/**
 * The modes of the examples with their inputs projected on the leading principal components, as many as `inputs`,
 * and scaled there to `Σ11 = I`; targets are scaled to make the largest singular value of Σ31 one.
 */
export function whitened(from: SecondMoments, inputs: number): Modes {
  const { values, right } = leadingVectors(from.sigma11, from.inputs, inputs);
  const { classes } = from;
  const raw = productTransposed(from.sigma31, right, classes, inputs, from.inputs).map(
    (value, i) => value / Math.sqrt(values[i % inputs]),
  );
  const gram = productTransposed(raw, raw, classes, classes, inputs);
  const found = singularVectors(gram, classes);
  const strengths = Array.from(found.values, Math.sqrt);
  const s = strengths.map((value) => value / strengths[0]);
  const sigma31 = raw.map((value) => value / strengths[0]);
  const left = s.map((_, i) => found.right.slice(i * classes, (i + 1) * classes));
  const rights = left.map((u, mode) =>
    Float64Array.from({ length: inputs }, (_, k) => {
      let sum = 0;
      for (let c = 0; c < classes; c++) sum += u[c] * sigma31[c * inputs + k];
      return sum / s[mode];
    }),
  );
  const sigma11 = new Float64Array(inputs * inputs);
  for (let i = 0; i < inputs; i++) sigma11[i * (inputs + 1)] = 1;
  const size = from.size / strengths[0] ** 2;
  const moments = { inputs, classes, sigma11, sigma31, size };
  return { inputs, classes, s, left, right: rights, moments };
}
