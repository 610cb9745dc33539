import { extname } from 'node:path';
import { scheme as schemeNamed, specOf, type Options } from '../init/index.ts';
import { writeAtomically } from '../files/index.ts';
import { formatNumber } from '../report/index.ts';
import { key } from '../random/index.ts';
import { encodeNpy, sizeOf, toFloat64, type FloatDType, type Tensor } from '../tensor/index.ts';
import { UsageError } from './failure.ts';
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

/** Draws one tensor, writes it, and says what was drawn. */
export async function runSample(name: string, given: SampleOptions): Promise<void> {
  const record = schemeNamed(name);
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
  const spec = specOf(given.shape, given.layout, given.dtype, given.groups);
  record.check(spec, options);
  const tensor = record.draw(key(given.seed), spec, options);
  const summary = summaryOf(
    record.name,
    options,
    given,
    tensor,
    record.std(spec, options),
    record.bound(spec, options),
  );
  if (given.out !== undefined) {
    const chunks =
      format === '.npy'
        ? encodeNpy(tensor)
        : [
            new TextEncoder().encode(
              `${JSON.stringify({ ...summary, values: valuesOf(tensor) })}\n`,
            ),
          ];
    writeAtomically(given.out, chunks);
  }
  const output = { ...summary, output: given.out ?? null };
  if (given.json === true) {
    printJson(given.out === undefined ? { ...output, values: valuesOf(tensor) } : output);
    return;
  }
  printText(
    `${record.name} [${given.shape.join()}] ${given.dtype}, fan_in ${spec.fanIn}, fan_out ${spec.fanOut}: std ${formatNumber(summary.std)} promised, ${formatNumber(summary.measured.std)} drawn`,
  );
  if (given.out !== undefined) printText(`Wrote ${given.out}`);
  else printText(previewOf(tensor));
}

function valuesOf(tensor: Tensor<FloatDType>): number[] {
  return Array.from(toFloat64(tensor));
}

function previewOf(tensor: Tensor<FloatDType>): string {
  const values = toFloat64(tensor);
  const shown = Array.from(values.subarray(0, PRINTED), (value) => Number(value.toPrecision(6)));
  return values.length > PRINTED ? `${shown.join(' ')} …` : shown.join(' ');
}

function summaryOf(
  name: string,
  options: Options,
  { shape, layout, groups, dtype, seed }: SampleOptions,
  tensor: Tensor<FloatDType>,
  std: number,
  bound: number | null,
) {
  const values = toFloat64(tensor);
  const size = sizeOf(shape);
  let mean = 0;
  for (const value of values) mean += value / Math.max(1, size);
  let variance = 0;
  for (const value of values) variance += (value - mean) ** 2 / Math.max(1, size);
  const measured = { mean, std: Math.sqrt(variance) };
  return {
    version: 1,
    scheme: name,
    options,
    shape,
    layout,
    groups,
    dtype,
    seed,
    std,
    bound,
    measured,
  };
}
