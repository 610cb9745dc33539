import type { PlanEntry } from '../src/advise/index.ts';
import type { InitReport, SignalRow } from '../src/report/index.ts';

/** A parameter of a plan for tests, with what is given put over a usual one. */
export function entry(given: Partial<PlanEntry>): PlanEntry {
  return {
    name: '0.weight',
    shape: [8, 4],
    role: 'dense',
    fanIn: 4,
    fanOut: 8,
    activation: 'relu',
    precededBy: null,
    blocks: [],
    scheme: 'he_normal',
    options: {},
    std: Math.sqrt(2 / 4),
    bound: Math.sqrt((3 * 2) / 4),
    reason: 'ReLU keeps half, so std = √(2/4).',
    reference: 'He et al. 2015, arXiv:1502.01852',
    ...given,
  };
}

/** Weights and biases of `depth` equal layers, as exported by PyTorch. */
export function layers(depth: number): readonly PlanEntry[] {
  return Array.from({ length: depth }, (_, i) => [
    entry({ name: `${2 * i}.weight` }),
    entry({
      name: `${2 * i}.bias`,
      shape: [8],
      role: 'bias',
      fanIn: null,
      fanOut: null,
      scheme: 'zeros',
      std: 0,
      bound: 0,
      reason: 'Zero.',
      reference: null,
    }),
  ]).flat();
}

/** Rows whose second moments are the given ones. */
export function rowsOf(moments: readonly number[]): readonly SignalRow[] {
  return moments.map((value, i) => ({
    name: `/${i}/Gemm_output_0`,
    op: 'Gemm',
    secondMoment: Number.isFinite(value) ? value : null,
    mean: 0,
    dead: 0.25,
    ...(Number.isFinite(value) ? {} : { notFinite: { secondMoment: String(value) } }),
  }));
}

/** A report on `depth` layers whose signal dies before and lives after. */
export function reportOf(depth: number): InitReport {
  const indices = Array.from({ length: depth }, (_, i) => i);
  return {
    version: 1,
    model: 'mlp:4-8x2-8:relu',
    seed: 0,
    parameters: layers(depth),
    whyNot: 'With N(0, 0.01²) a layer keeps 2e-4 of the second moment.',
    signal: {
      before: rowsOf(indices.map((i) => 10 ** -i)),
      after: rowsOf(indices.map((i) => 1 + 0.1 * Math.sin(i))),
    },
    prediction: null,
    certificates: null,
    verdict: 'The signal lives.',
    notes: ['Gaussian inputs.'],
    output: 'out.onnx',
    command: 'stepzero init mlp:4-8x2-8:relu -o out.onnx',
  };
}
