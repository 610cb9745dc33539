import { Command, InvalidArgumentError, Option } from 'commander';
import { asOption, jsonOption, numberValue, seedOption } from '../options.ts';
import type { SampleOptions } from '../run-sample.ts';

const EXAMPLES = `
Examples:
  $ stepzero sample he_normal --shape 64,32,3,3 --layout oi --out w.npy
  $ stepzero sample orthogonal --shape 256,256 --gain 1.05 --seed 3
  $ stepzero sample conv_orthogonal --shape 64,32,3,3 --certify
  $ stepzero sample he_normal --as torch --shape 64,32,3,3 --mode fan_out --nonlinearity relu --seed 42
  $ stepzero sample variance_scaling --shape 100,50 --layout io --scale 2 --mode fan_avg --distribution uniform --out w.json`;

/** Parses `64,32,3,3`. */
function shapeValue(text: string): number[] {
  const shape = text.split(/[,x]/).map(Number);
  if (!/^\d+([,x]\d+)*$/.test(text) || !shape.every(Number.isSafeInteger)) {
    throw new InvalidArgumentError('must be non-negative integers such as 64,32,3,3.');
  }
  return shape;
}

/** Numbers that schemes take by name; `stepzero schemes` says which scheme takes which. */
const NUMBERS = {
  gain: 'factor on the standard deviation',
  slope: 'negative slope of the leaky_relu that the weight feeds',
  scale: 'variance times fan, of variance_scaling',
  value: 'of constant',
  mean: 'of normal and truncated_normal',
  std: 'of normal, truncated_normal, sparse and sparse_martens',
  low: 'of uniform; of truncated_normal in units of std',
  high: 'of uniform; of truncated_normal in units of std',
  sparsity: 'share of zeros among the weights of an input, of sparse',
  connections: 'weights per output that are not 0, of sparse_martens',
  omega: 'factor inside the sine, of siren',
  factor: 'by which a pixel shuffle enlarges, of icnr',
  't-max': 'steps that a cell is to remember at most, of chrono_bias',
  sign: '1 for a forget gate, -1 for an input gate, of chrono_bias',
  heads: 'heads of the attention, of mimetic',
  first: 'number of the first head, of mimetic',
  alpha: 'share of chance in a product, of mimetic',
  beta: 'share of the identity in a product, of mimetic',
  half_in: 'inputs in one half of a mirrored block, of looks_linear',
  half_out: 'outputs in one half of a mirrored block, of looks_linear',
  a: "smallest value of PyTorch's truncated_normal (--as torch)",
  b: "largest value of PyTorch's truncated_normal (--as torch)",
  'negative-slope': "slope of PyTorch's he_normal and he_uniform (--as torch)",
} as const;

const AS = `
With --as, the framework's own function of that name draws the tensor: torch@2.13, torch@2.11, torch (the
newest), jax, tf, keras-jax, keras-torch, keras-tf, tfjs. Options are spelled as in the framework,
their defaults are the framework's, --shape is in its layout, the values are float32.
Equal to the last bit: PyTorch on the CPU (x86-64 with AVX2 or more), JAX on the CPU, TensorFlow's stateless
functions on the CPU, Keras on these three, TF.js. Not promised: orthogonal matrices (the decomposition is unique,
its rounding is not: within 2e-6, or 1e-5 where the Gaussian matrix is nearly singular), truncated_normal of torch@2.11 (its erfinv differs from processor
to processor: within 5e-7 std), GPUs, other processors. --json has the promise as "tolerance".`;

/** `stepzero sample`: one tensor. */
export function sampleCommand(): Command {
  const command = new Command('sample')
    .description('draw one tensor of initial weights')
    .argument('<scheme>', 'a name from `stepzero schemes`, e.g. he_normal')
    .addOption(
      new Option('--shape <N,N,…>', 'shape of the tensor (required)')
        .argParser(shapeValue)
        .makeOptionMandatory(),
    )
    .addOption(
      new Option('--layout <LAYOUT>', 'oi: [out, in, …kernel]; io: […kernel, in, out]')
        .choices(['oi', 'io'])
        .default('oi'),
    )
    .addOption(
      new Option('--groups <N>', 'groups of a grouped convolution')
        .argParser(numberValue)
        .default(1),
    )
    .addOption(
      new Option('--dtype <DTYPE>', 'element type')
        .choices(['float32', 'float64', 'float16', 'bfloat16'])
        .default('float32'),
    );
  for (const [name, description] of Object.entries(NUMBERS)) {
    command.addOption(new Option(`--${name} <X>`, description).argParser(numberValue));
  }
  return command
    .addOption(new Option('--mode <MODE>', 'fan_in, fan_out, fan_avg or fan_geo_avg'))
    .addOption(new Option('--distribution <NAME>', 'normal, truncated_normal or uniform'))
    .addOption(new Option('--base <NAME>', 'scheme of the half that looks_linear mirrors'))
    .addOption(new Option('--mirror <AXIS>', 'in, out or both, of looks_linear'))
    .addOption(new Option('--position <PLACE>', 'first or hidden, of siren'))
    .addOption(new Option('--signs <SIGNS>', 'random or fixed, of hadamard'))
    .addOption(new Option('--rule <RULE>', 'paper or orthonormal, of zero'))
    .addOption(new Option('--order <ORDER>', 'crd or dcr, of icnr'))
    .addOption(new Option('--side <SIDE>', 'real or imag, of stft'))
    .addOption(new Option('--window <NAME>', 'hann, hamming or none, of stft'))
    .addOption(new Option('--scaling <NAME>', 'density, spectrum or none, of stft'))
    .addOption(new Option('--ends <ENDS>', 'symmetric or periodic window, of stft'))
    .addOption(new Option('--part <PART>', 'query, key, value or output, of mimetic'))
    .addOption(
      new Option('--stream <NAME>', 'stream to share with another tensor: chrono_bias, mimetic'),
    )
    .addOption(new Option('--rank <RANK>', 'half or random, of conv_orthogonal'))
    .addOption(new Option('--nonlinearity <NAME>', 'relu, leaky_relu, … of PyTorch (--as torch)'))
    .addOption(asOption().conflicts(['layout', 'groups', 'dtype']))
    .addOption(seedOption())
    .addOption(new Option('-o, --out <FILE>', 'where to write the values: .npy or .json'))
    .addOption(
      new Option(
        '--certify',
        'say what the singular values are: of the matrix, and of the Fourier symbol of a kernel',
      ),
    )
    .addOption(jsonOption())
    .addHelpText('after', `${AS}\n${EXAMPLES}`)
    .action(async (scheme: string, options: SampleOptions) => {
      const { runSample } = await import('../run-sample.ts');
      await runSample(scheme, options);
    });
}
