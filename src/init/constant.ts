import { define, notFinite } from './define.ts';
import type { Scheme } from './initializer.ts';
import { tensorOfStream } from './tensor.ts';

/** `w = 0`. */
export const zeros: Scheme = define({
  name: 'zeros',
  formula: 'w = 0',
  use: 'biases, norm shifts, and the last layer of a residual branch that is to begin as the identity',
  reference: 'Goyal et al. 2017, section 5.1, arXiv:1706.02677',
  options: {},
  std: () => 0,
  bound: () => 0,
  draw: (_, spec, _options, kernels) => tensorOfStream(spec, kernels, (out) => out.fill(0)),
});

/** `w = 1`. */
export const ones: Scheme = define({
  name: 'ones',
  formula: 'w = 1',
  use: 'norm scales',
  reference: 'Ioffe and Szegedy 2015, arXiv:1502.03167',
  options: {},
  mean: () => 1,
  std: () => 0,
  bound: () => 0,
  draw: (_, spec, _options, kernels) => tensorOfStream(spec, kernels, (out) => out.fill(1)),
});

/** `w = value`. */
export const constant: Scheme = define({
  name: 'constant',
  formula: 'w = value',
  use: 'layer scales, and biases that are to open or close a gate',
  reference: 'Jozefowicz et al. 2015, section 2.2 (forget gates of an LSTM)',
  options: { value: 0 },
  problem: notFinite,
  mean: (_, { value }) => value,
  std: () => 0,
  bound: () => 0,
  draw: (_, spec, { value }, kernels) => tensorOfStream(spec, kernels, (out) => out.fill(value)),
});
