import type { Agreement, NetworkAgreement } from '../src/agreement/index.ts';
import type { PredictedLayer, Prediction } from '../src/meanfield/index.ts';
import type {
  JacobianMeasurement,
  LayersMeasurement,
  MeasuredLayer,
  MeasuredParameter,
} from '../src/measure/index.ts';
import { buildMeasurementReport, type MeasurementReport } from '../src/report/index.ts';

/** Numbers of one layer, one draw. */
export interface Numbers {
  readonly q: number | null;
  readonly c?: number | null;
  readonly gradient?: number | null;
}

/** Linear layers and activations by turns, with these numbers. */
export function measuredOf(rows: readonly Numbers[]): LayersMeasurement {
  return {
    layers: rows.map(({ q, c = null, gradient = null }, i): MeasuredLayer => {
      const isLinear = i % 2 === 0;
      return {
        name: `${isLinear ? 'layers' : 'activations'}.${Math.floor(i / 2)}_output`,
        op: isLinear ? 'Gemm' : 'Tanh',
        kind: isLinear ? 'linear' : 'activation',
        units: 64,
        size: 64,
        secondMoment: q,
        mean: 0,
        c,
        dead: 0,
        saturated: isLinear ? null : 0.125,
        effectiveRank: null,
        gradientSecondMoment: gradient,
        ...(q === null ? { notFinite: { secondMoment: 'Infinity', share: 0.5 } } : {}),
        draws: { secondMoment: [q], mean: [0], c: [c], gradientSecondMoment: [gradient] },
      };
    }),
    parameters: Array.from({ length: Math.ceil(rows.length / 2) }, (_, i): MeasuredParameter => ({
      name: `layers.${i}.weight`,
      shape: [64, 64],
      weightNorm: 8,
      gradientNorm: rows.some(({ gradient }) => gradient != null) ? 0.25 : null,
      updateRatio: null,
      draws: { gradientNorm: [0.25] },
    })),
    examples: 32,
    input: { q: 1.01, c: 0.002 },
    of: rows.some(({ gradient }) => gradient != null) ? ['output'] : [],
    firstNotFinite: null,
    notDifferentiable: null,
  };
}

/** A prediction with these numbers for the layers of a measurement. */
export function predictionOf({ layers }: LayersMeasurement, rows: readonly Numbers[]): Prediction {
  return {
    version: 1,
    model: 'net',
    layers: layers.map(({ name, op }, i): PredictedLayer => ({
      name,
      op,
      q: rows[i].q,
      mean: 0,
      c: rows[i].c ?? null,
      gradient: rows[i].gradient ?? null,
      chi: 1,
      known: rows[i].q !== null,
      note: null,
    })),
    depth: layers.length,
    phase: 'critical',
    depthScale: null,
    gradientFactor: 1,
    where: null,
    change: null,
    verdict: 'Signals live.',
  };
}

/** The two held against each other with a standard error of 5 %. */
export function agreementOf(
  { layers }: LayersMeasurement,
  prediction: Prediction,
): NetworkAgreement {
  const compare = (measured: number | null, predicted: number | null): Agreement => {
    if (measured === null || predicted === null) {
      return { verdict: 'not predicted', measured, predicted, error: null, errors: null };
    }
    const error = 0.05 * Math.max(Math.abs(predicted), 0.1);
    const errors = Math.abs(measured - predicted) / error;
    const verdict = errors < 4 ? 'agrees' : 'differs';
    return { verdict, measured, predicted, error, errors };
  };
  return {
    layers: layers.map(({ name, secondMoment, c, gradientSecondMoment }, i) => {
      const { q, c: foreseen, gradient } = prediction.layers[i];
      return {
        name,
        q: compare(secondMoment, q),
        c: compare(c, foreseen),
        gradient: compare(gradientSecondMoment, gradient),
        note: null,
      };
    }),
    counts: { agrees: 0, differs: 0, 'not predicted': 0 },
    threshold: 4,
    first: null,
    verdict: 'Most lines agree with the theory.',
  };
}

/** A Jacobian whose singular values are s = 2 i / n, i = 1 … n. */
export function jacobianOf(n: number): JacobianMeasurement {
  const singularValues = Array.from({ length: n }, (_, i) => (2 * (n - i)) / n);
  const squares = singularValues.map((s) => s ** 2);
  const mean = squares.reduce((sum, square) => sum + square, 0) / n;
  return {
    from: 'input',
    to: 'output',
    rows: n,
    cols: n,
    method: 'exact',
    sMax: 2,
    sMin: 2 / n,
    mean,
    variance: squares.reduce((sum, square) => sum + (square - mean) ** 2, 0) / n,
    deciles: Array.from({ length: 11 }, (_, i) => (2 * i) / 10),
    singularValues,
    density: null,
    draws: { sMax: [2], sMin: [2 / n], mean: [mean] },
  };
}

/** A report of layers, with what is given put over a usual one. */
export function measurementOf(
  measured: LayersMeasurement,
  prediction: Prediction | null = null,
  given: Partial<MeasurementReport> = {},
): MeasurementReport {
  const report = buildMeasurementReport({
    model: 'mlp:64-64x3-10:tanh',
    weights: 'he_normal',
    seeds: [0],
    seed: 0,
    from: 'Gaussian',
    measured,
    prediction,
    agreement: prediction === null ? null : agreementOf(measured, prediction),
    jacobian: null,
    shattering: null,
    ntk: null,
    learningRate: null,
    notes: [],
    more: [],
    command: 'stepzero measure mlp:64-64x3-10:tanh',
  });
  return { ...report, ...given };
}
