import type { KernelMeasurement, ShatteringMeasurement } from '../measure/index.ts';
import type { MeasurementReport, ReportedJacobian } from './measurement-report.ts';
import {
  measuredGradients,
  measuredParameters,
  measuredSignal,
  symbols,
} from './measurement-tables.ts';
import { formatNumber } from './number.ts';
import { painter } from './paint.ts';
import { table, type Cell, type Column } from './table.ts';
import { indent, printable, wrap } from './text.ts';
import type { TextOptions } from './types.ts';

const counted = (count: number, word: string): string =>
  `${count} ${word}${count === 1 ? '' : 's'}`;

/** Seeds in few words: `seed 3`, `seeds 0 to 9`; nothing where weights are stored. */
function seedText(seeds: readonly number[]): string {
  if (seeds.length === 0) return '';
  return seeds.length === 1
    ? `, seed ${seeds[0]}`
    : `, ${counted(seeds.length, 'draw')}, seeds ${seeds[0]} to ${seeds[seeds.length - 1]}`;
}

/** What was measured on what: `he_normal weights, seeds 0 to 3, on 32 Gaussian examples with E[x²] = 1`. */
export function measuredOn({ weights, seeds, inputs }: MeasurementReport): string {
  const { from, examples, q, c } = inputs;
  const moments = [
    ...(q === null ? [] : [`E[x²] = ${formatNumber(q)}`]),
    ...(c === null ? [] : [`c = ${formatNumber(c)}`]),
  ];
  const start = moments.length === 0 ? '' : ` with ${moments.join(' and ')}`;
  return `weights ${weights}${seedText(seeds)}; ${counted(examples, 'example')}, ${from}${start}`;
}

const deciles = [10, 20, 30, 40, 50, 60, 70, 80, 90] as const;

/** The singular values of a Jacobian in numbers, beside the law of the wide limit. */
export function jacobianLines(jacobian: ReportedJacobian, options: TextOptions): readonly string[] {
  const { from, to, rows, cols, method, predicted, reason } = jacobian;
  const numbers = ['sMax', 'sMin', 'mean', 'variance'] as const;
  const titles = { sMax: 's_max', sMin: 's_min', mean: 'mean of s²', variance: 'variance of s²' };
  const columns: readonly Column[] = [
    { title: '' },
    ...numbers.map((key): Column => ({ title: titles[key], align: 'right' })),
  ];
  const line = (name: string, law: Pick<ReportedJacobian, (typeof numbers)[number]>): Cell[] => [
    name,
    ...numbers.map((key) => formatNumber(law[key])),
  ];
  const tenths: readonly Column[] = [
    { title: '' },
    ...deciles.map((share): Column => ({ title: `${share}%`, align: 'right' })),
  ];
  const how =
    method === 'exact'
      ? 'every singular value'
      : 'by Lanczos: extremes, and an estimate of all others';
  return [
    ...wrap(`∂${printable(to)} / ∂${printable(from)}, ${rows} × ${cols}, ${how}`, options.width),
    '',
    ...table(
      columns,
      [line('measured', jacobian), ...(predicted === null ? [] : [line('theory', predicted)])],
      options,
    ),
    '',
    ...table(
      tenths,
      [
        ['measured', ...jacobian.deciles.slice(1, -1).map(formatNumber)],
        ...(predicted === null ? [] : [['theory', ...predicted.deciles.map(formatNumber)]]),
      ],
      options,
    ),
    ...wrap('deciles: this share of the singular values is smaller', options.width).map((text) =>
      painter(options.colour)('dim', text),
    ),
    ...(reason === null ? [] : wrap(`Not predicted: ${printable(reason)}.`, options.width)),
  ];
}

const lags = [1, 2, 3, 5, 8, 10, 15, 20, 30, 50, 80, 120] as const;

/** Two decimals, without the sign of what rounds to 0. */
function correlationText(value: number): string {
  return value
    .toFixed(2)
    .replace(/^-(?!0\.00$)/, '−')
    .replace(/^-/, '');
}

/** How gradients of neighbouring inputs resemble each other, beside white and brown noise. */
export function shatteringLines(
  shattering: ShatteringMeasurement,
  options: TextOptions,
): readonly string[] {
  const { points, correlation, autocorrelation, white, brown } = shattering;
  const shown = lags.filter((lag) => lag < autocorrelation.length);
  const row = (name: string, values: readonly number[]): Cell[] => [
    name,
    ...shown.map((lag) => correlationText(values[lag] ?? NaN)),
  ];
  return [
    ...wrap(
      `Gradients of two independent inputs correlate by ${formatNumber(correlation)}. Along a line of ${points} inputs, by the number of steps between them:`,
      options.width,
    ),
    '',
    ...table(
      [{ title: 'lag' }, ...shown.map((lag): Column => ({ title: String(lag), align: 'right' }))],
      [row('gradients', autocorrelation), row('brown noise', brown), row('white noise', white)],
      options,
    ),
    '',
    ...wrap(shatteringSentence(shattering), options.width),
  ];
}

/** Which noise the gradients are like, in a sentence: by the mean distance over the first lags. */
export function shatteringSentence({
  autocorrelation,
  white,
  brown,
}: ShatteringMeasurement): string {
  const near = autocorrelation.slice(1, 16);
  const distance = (noise: readonly number[]): number =>
    near.reduce((sum, value, i) => sum + Math.abs(value - noise[i + 1]), 0) / near.length;
  const rougher = near.reduce((sum, value, i) => sum + value - brown[i + 1], 0) < 0;
  if (distance(white) < distance(brown)) {
    return 'They are like white noise: the gradient of an input says nothing about that of its neighbour, so it is shattered.';
  }
  return rougher
    ? 'They are rougher than brown noise, but not yet white: the gradient is on its way to shatter.'
    : 'They are at least as smooth as brown noise: the gradient does not shatter.';
}

/** A tangent kernel in a sentence. */
export function kernelSentence(ntk: KernelMeasurement): string {
  const { examples, outputs, eigenvalues, conditionNumber } = ntk;
  const [most, least] = [eigenvalues[0], eigenvalues[eigenvalues.length - 1]];
  const condition =
    conditionNumber === null
      ? 'the smallest is not positive, so that the condition number is infinite'
      : `condition number ${formatNumber(conditionNumber)}`;
  return `${examples} × ${examples}, the mean over ${counted(outputs, 'output')}: eigenvalues from ${formatNumber(most)} to ${formatNumber(least)}, ${condition}.`;
}

/** What the symbol of gradients means. */
export const GRADIENT_SYMBOL: string =
  'E[g²]: second moment of the gradient per element, for gradients of second moment 1 at the output';

/** A measurement for a terminal: layers beside their prediction, what else was asked for, verdict, notes, what more there is. */
export function measurementText(report: MeasurementReport, options: TextOptions): string {
  const paint = painter(options.colour);
  const { model, layers, parameters, jacobian, shattering, ntk, learningRate } = report;
  const section = (title: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0 ? [] : ['', paint('bold', title), '', ...lines];
  const list = (items: readonly string[]): readonly string[] =>
    items.flatMap((item) =>
      indent(printable(item), options.width, 2).map((line, i) =>
        i === 0 ? `- ${line.slice(2)}` : line,
      ),
    );
  const dim = (sentence: string): readonly string[] =>
    wrap(sentence, options.width).map((line) => paint('dim', line));
  const gradients = measuredGradients(layers, options);
  return [
    ...wrap(printable(model), options.width).map((line) => paint('bold', line)),
    ...wrap(printable(measuredOn(report)), options.width),
    ...section(
      'Signal',
      layers.length === 0 ? [] : [...measuredSignal(layers, options), '', ...dim(symbols(layers))],
    ),
    ...section(
      'Gradients',
      gradients.length === 0 ? [] : [...gradients, '', ...dim(GRADIENT_SYMBOL)],
    ),
    ...section(
      'Parameters',
      parameters.length === 0 ? [] : measuredParameters(parameters, learningRate, options),
    ),
    ...section('Jacobian', jacobian === null ? [] : jacobianLines(jacobian, options)),
    ...section('Shattering', shattering === null ? [] : shatteringLines(shattering, options)),
    ...section('Tangent kernel', ntk === null ? [] : wrap(kernelSentence(ntk), options.width)),
    '',
    ...wrap(printable(report.verdict), Math.max(options.width - 2, 10)).map(
      (line) => `${paint('cyan', '▌')} ${paint('bold', line)}`,
    ),
    ...section('Notes', list(report.notes)),
    ...section('More', list(report.more)),
  ].join('\n');
}
