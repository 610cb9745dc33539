import type { Dialect, DialectFunction } from '../dialect.ts';
import { assignNetwork, buildNetwork } from './build.ts';
import { drawnBy, type TorchFunction } from './function.ts';
import { dirac, eye } from './identity.ts';
import { torchGenerator } from './mersenne.ts';
import { orthogonal } from './orthogonal.ts';
import { constant, normal, ones, uniform, zeros } from './plain.ts';
import { kaiming, xavier } from './scaled.ts';
import { sparse } from './sparse.ts';
import { truncatedNormal211, truncatedNormal213 } from './truncated-normal.ts';

/** The functions of `torch.nn.init` under StepZero's names. */
type TorchFunctions = Readonly<Record<string, TorchFunction>>;

function functionsOf(truncatedNormal: TorchFunction, excludesEnd: boolean): TorchFunctions {
  return {
    zeros,
    ones,
    constant,
    uniform: uniform(excludesEnd),
    normal,
    truncated_normal: truncatedNormal,
    glorot_normal: xavier('normal', excludesEnd),
    glorot_uniform: xavier('uniform', excludesEnd),
    he_normal: kaiming('normal', excludesEnd),
    he_uniform: kaiming('uniform', excludesEnd),
    orthogonal,
    sparse,
    identity: eye,
    dirac,
  };
}

function withSeed(record: TorchFunction): DialectFunction {
  const { call, options, choices, tolerance, spread } = record;
  return {
    call,
    options,
    choices,
    tolerance,
    spread,
    draw: (seed, shape, given) => drawnBy(record, torchGenerator(seed), shape, given),
  };
}

function torchDialect(
  name: string,
  promise: string,
  functions: TorchFunctions,
  excludesEnd: boolean,
): Dialect {
  return {
    name,
    promise,
    functions: Object.fromEntries(
      Object.entries(functions).map(([scheme, record]) => [scheme, withSeed(record)]),
    ),
    build: (network, seed) => buildNetwork(network, seed, excludesEnd),
    assign: (network, seed, choices, buildsFirst) =>
      assignNetwork(network, seed, choices, functions, excludesEnd, buildsFirst),
  };
}

/** The functions of PyTorch 2.13. */
export const torchFunctions213: TorchFunctions = functionsOf(truncatedNormal213, true);

/** PyTorch 2.13 on an x86-64 processor with AVX2 or more, float32. */
export const torch213: Dialect = torchDialect(
  'torch@2.13',
  'equal to the last bit to PyTorch 2.13 on the CPU (x86-64 with AVX2, float32); orthogonal within 2e-6, where the Gaussian matrix is nearly singular 1e-5.',
  torchFunctions213,
  true,
);

/** PyTorch 2.11 on an x86-64 processor with AVX2 or more, float32. */
export const torch211: Dialect = torchDialect(
  'torch@2.11',
  'equal to the last bit to PyTorch 2.11 on the CPU (x86-64 with AVX2, float32); orthogonal within 2e-6, where the Gaussian matrix is nearly singular 1e-5, truncated_normal within 5e-7 std.',
  functionsOf(truncatedNormal211, false),
  false,
);
