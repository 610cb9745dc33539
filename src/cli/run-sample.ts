import { extname } from 'node:path';
import { tensorSchemeFor } from '../advise/index.ts';
import { specOf, type Spec } from '../init/index.ts';
import { writeAtomically } from '../files/index.ts';
import { formatNumber, printable } from '../report/index.ts';
import { key } from '../random/index.ts';
import {
  bytesPerElement,
  encodeNpy,
  sizeOf,
  toFloat64,
  type FloatDType,
  type Tensor,
} from '../tensor/index.ts';
import { UsageError } from './failure.ts';
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
  readonly json?: boolean;
  readonly [option: string]: unknown;
}

const OWN = new Set(['shape', 'layout', 'groups', 'dtype', 'seed', 'out', 'json']);

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

/** Draws one tensor, writes it, and says what was drawn. */
export async function runSample(name: string, given: SampleOptions): Promise<void> {
  const record = tensorSchemeFor('sample', name);
  const options: Record<string, number | string> = { ...record.options };
  for (const [option, value] of Object.entries(given)) {
    if (OWN.has(option) || (typeof value !== 'number' && typeof value !== 'string')) continue;
    if (!(option in record.options)) {
      const known = Object.keys(record.options);
      const rule =
        known.length === 0
          ? 'takes no options'
          : `options must be among ${known.map((o) => `--${o}`).join(', ')}`;
      throw new UsageError(`${record.name}: ${rule}, got --${option}`);
    }
    options[option] = value;
  }
  const format = given.out === undefined ? null : extname(given.out);
  if (format !== null && format !== '.npy' && format !== '.json') {
    throw new UsageError(`--out: must end in .npy or .json, got ${given.out}`);
  }
  if (given.out !== undefined) checkPlaces([{ option: '--out', path: given.out }], []);
  const bytes = sizeOf(given.shape) * bytesPerElement(given.dtype);
  checkMemory('--shape', `[${given.shape.join()}] of ${given.dtype}`, bytes);
  const spec = specOfShape(given);
  record.check(spec, options);
  const bar = progress();
  bar.say(`Drawing [${given.shape.join()}]`);
  const tensor = record.draw(key(given.seed), spec, options);
  bar.end();
  const { shape, layout, groups, dtype, seed } = given;
  const summary = {
    version: 1,
    scheme: record.name,
    options,
    shape,
    layout,
    groups,
    dtype,
    seed,
    std: record.std(spec, options),
    bound: record.bound(spec, options),
    measured: measured(tensor),
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
  printText(
    `${record.name} [${shape.join()}] ${dtype}, fan_in ${spec.fanIn}, fan_out ${spec.fanOut}: std ${formatNumber(summary.std)} promised, ${formatNumber(summary.measured.std)} drawn`,
  );
  if (given.out !== undefined) printText(`Wrote ${printable(given.out)}`);
  else if (sizeOf(shape) > 0) printText(previewOf(tensor));
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
