import { extname } from 'node:path';
import { tensorSchemeFor } from '../advise/index.ts';
import { certify, dialectFunction, dialectOptions, specOf, type Spec } from '../init/index.ts';
import { writeAtomically } from '../files/index.ts';
import { certificateLines, formatNumber, printable } from '../report/index.ts';
import { key, type Kernels } from '../random/index.ts';
import {
  bytesPerElement,
  encodeNpy,
  sizeOf,
  toFloat64,
  type FloatDType,
  type Tensor,
} from '../tensor/index.ts';
import { asUsage, dialectOption } from './dialect-option.ts';
import { UsageError } from './failure.ts';
import { openThreads } from '../threads/index.ts';
import { checkMemory } from './memory.ts';
import { checkPlaces } from './places.ts';
import { progress } from './progress.ts';
import { printJson, printText } from './print.ts';

/** Options of `stepzero sample`; besides these, any option of the scheme. */
export interface SampleOptions {
  readonly shape: readonly number[];
  readonly layout: 'oi' | 'io';
  readonly groups: number;
  readonly dtype: FloatDType;
  readonly seed: number;
  readonly out?: string;
  readonly certify?: boolean;
  readonly json?: boolean;
  readonly as?: string;
  readonly [option: string]: unknown;
}

const OWN = new Set(['shape', 'layout', 'groups', 'dtype', 'seed', 'out', 'json', 'as', 'certify']);

/** The options of a scheme among those that were given, as the schemes spell them: `negative_slope`. */
function givenOptions(given: SampleOptions): Record<string, number | string> {
  const options: Record<string, number | string> = {};
  for (const [option, value] of Object.entries(given)) {
    if (OWN.has(option) || (typeof value !== 'number' && typeof value !== 'string')) continue;
    options[option.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)] = value;
  }
  return options;
}

const flagOf = (option: string): string => `--${option.replaceAll('_', '-')}`;

/** Throws where an option was given that there is not, naming those that there are. */
function checkOptions(name: string, known: readonly string[], given: object): void {
  const unknown = Object.keys(given).find((option) => !known.includes(option));
  if (unknown === undefined) return;
  const rule =
    known.length === 0
      ? 'takes no options'
      : `options must be among ${known.map(flagOf).join(', ')}`;
  throw new UsageError(`${name}: ${rule}, got ${flagOf(unknown)}`);
}

/** Elements up to which the values themselves are printed. */
const PRINTED = 64;

/** Elements that are looked at or written as text at a time. */
const PIECE = 2 ** 16;

/** The tensor that the options describe, with errors that name them. */
function specOfShape({ shape, layout, dtype, groups }: SampleOptions): Spec {
  try {
    return specOf(shape, layout, dtype, groups);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new RangeError(error.message.replace(/^specOf: (\w+) /, '--$1: '), { cause: error });
  }
}

/** One tensor, and what is said of it. */
interface Drawing {
  readonly tensor: Tensor<FloatDType>;
  /** What the tensor is as a linear map. */
  readonly spec: Spec;
  readonly summary: object;
  /** What it is, for people. */
  readonly title: string;
  readonly std: number | null;
  /** What is promised of the values, for people. */
  readonly promise: string;
}

/** Draws one tensor, writes it, and says what was drawn. */
export async function runSample(name: string, given: SampleOptions): Promise<void> {
  const format = given.out === undefined ? null : extname(given.out);
  const draw = given.as === undefined ? prepareOwn(name, given) : prepareAs(given.as, name, given);
  if (format !== null && format !== '.npy' && format !== '.json') {
    throw new UsageError(`--out: must end in .npy or .json, got ${given.out}`);
  }
  if (given.out !== undefined) checkPlaces([{ option: '--out', path: given.out }], []);
  const bytes = sizeOf(given.shape) * bytesPerElement(given.dtype);
  checkMemory('--shape', `[${given.shape.join()}] of ${given.dtype}`, bytes);
  const bar = progress();
  bar.say(`Drawing [${given.shape.join()}]`);
  const { kernels, close } = openThreads();
  const { tensor, spec, summary: own, title, std, promise } = draw(kernels);
  await close();
  if (given.certify === true) bar.say('Certifying');
  const certificate = given.certify === true ? certify(tensor, spec) : null;
  bar.end();
  const drawn = measured(tensor);
  const summary = {
    ...own,
    measured: drawn,
    ...(certificate === null ? {} : { certificate }),
  };
  if (given.out !== undefined) {
    await writeAtomically(
      given.out,
      format === '.npy' ? encodeNpy(tensor) : jsonChunks(summary, tensor),
    );
  }
  const output = { ...summary, output: given.out ?? null };
  if (given.json === true) {
    if (given.out !== undefined) printJson(output);
    else for (const chunk of jsonChunks(output, tensor)) process.stdout.write(chunk);
    return;
  }
  const promised = std === null ? '' : `std ${formatNumber(std)} promised, `;
  printText(`${title}: ${promised}${std === null ? 'std ' : ''}${formatNumber(drawn.std)} drawn`);
  if (promise !== '') printText(promise);
  if (certificate !== null) printText(certificateLines(certificate).join('\n'));
  if (given.out !== undefined) printText(`Wrote ${printable(given.out)}`);
  else if (sizeOf(given.shape) > 0) printText(previewOf(tensor));
}

/** A tensor of StepZero's own. */
function prepareOwn(name: string, given: SampleOptions): (kernels: Kernels) => Drawing {
  const record = tensorSchemeFor('sample', name);
  const own = givenOptions(given);
  checkOptions(record.name, Object.keys(record.options), own);
  const options = { ...record.options, ...own };
  return (kernels) => {
    const spec = specOfShape(given);
    record.check(spec, options);
    const { shape, layout, groups, dtype, seed } = given;
    const [std, bound] = [record.std(spec, options), record.bound(spec, options)];
    return {
      tensor: record.draw(key(seed), spec, options, kernels),
      spec,
      summary: {
        version: 1,
        scheme: record.name,
        options,
        shape,
        layout,
        groups,
        dtype,
        seed,
        std,
        bound,
      },
      title: `${record.name} [${shape.join()}] ${dtype}, fan_in ${spec.fanIn}, fan_out ${spec.fanOut}`,
      std,
      promise: '',
    };
  };
}

/** The tensor that a framework would draw. */
function prepareAs(as: string, name: string, given: SampleOptions): (kernels: Kernels) => Drawing {
  const dialect = dialectOption(as);
  const found = dialectFunction(dialect, name);
  const own = givenOptions(given);
  checkOptions(`${dialect.name} ${found.name}`, Object.keys(found.record.options), own);
  const options = asUsage(() => dialectOptions(found, own));
  return () => {
    const { shape, seed } = given;
    const { call, tolerance, spread, draw } = found.record;
    const tensor = draw(seed, shape, options);
    const { std, bound } =
      sizeOf(shape) === 0
        ? { std: 0, bound: 0 }
        : (spread?.(shape, options) ?? { std: null, bound: null });
    return {
      tensor,
      spec: specOfShape({ ...given, layout: dialect.name.startsWith('torch') ? 'oi' : 'io' }),
      summary: {
        version: 1,
        scheme: found.name,
        as: dialect.name,
        call,
        tolerance,
        options,
        shape,
        layout: null,
        groups: 1,
        dtype: 'float32',
        seed,
        std,
        bound,
      },
      title: `${dialect.name} ${call} [${shape.join()}] float32`,
      std,
      promise:
        tolerance === 0
          ? 'Equal to the last bit to what the framework draws.'
          : `Within ${tolerance} of what the framework draws.`,
    };
  };
}

/** The elements as float64, a piece at a time. */
function* piecesOf({ dtype, data }: Tensor<FloatDType>): Generator<Float64Array, void> {
  for (let start = 0; start < data.length; start += PIECE) {
    const piece = data.subarray(start, start + PIECE);
    yield toFloat64({ dtype, shape: [piece.length], data: piece });
  }
}

/** The summary and the values as one JSON object, in pieces: the text may be longer than a string can be. */
function* jsonChunks(summary: object, tensor: Tensor<FloatDType>): Generator<Uint8Array, void> {
  const encoder = new TextEncoder();
  yield encoder.encode(`${JSON.stringify(summary, null, 2).slice(0, -2)},\n  "values": [`);
  let separator = '';
  for (const piece of piecesOf(tensor)) {
    yield encoder.encode(`${separator}${piece.join()}`);
    separator = ',';
  }
  yield encoder.encode(']\n}\n');
}

function previewOf(tensor: Tensor<FloatDType>): string {
  const [piece] = piecesOf(tensor);
  const shown = Array.from(piece.subarray(0, PRINTED), (value) => Number(value.toPrecision(6)));
  return sizeOf(tensor.shape) > PRINTED ? `${shown.join(' ')} …` : shown.join(' ');
}

/** Mean and standard deviation of what was drawn. */
function measured(tensor: Tensor<FloatDType>): { readonly mean: number; readonly std: number } {
  const size = Math.max(1, sizeOf(tensor.shape));
  let mean = 0;
  for (const piece of piecesOf(tensor)) for (const value of piece) mean += value / size;
  let variance = 0;
  for (const piece of piecesOf(tensor)) {
    for (const value of piece) variance += (value - mean) ** 2 / size;
  }
  return { mean, std: Math.sqrt(variance) };
}
