import type { Agreement } from '../agreement/index.ts';
import type { KernelMeasurement, ShatteringMeasurement } from '../measure/index.ts';
import { verdictText } from './measurement-quantities.ts';
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

/** A row of verdicts; numbers that have none are not predicted one by one. */
function verdicts(agreements: readonly (Agreement | undefined)[]): readonly Cell[] {
  return ['verdict'].concat(
    agreements.map((agreement) =>
      agreement === undefined
        ? '–'
        : verdictText([['', agreement]]).text.replace('differs: ', '✗ '),
    ),
  );
}

/** The singular values of a Jacobian in numbers, beside the law of the wide limit. */
export function jacobianLines(jacobian: ReportedJacobian, options: TextOptions): readonly string[] {
  const { from, to, rows, cols, method, predicted, agreement, reason } = jacobian;
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
      [
        line('measured', jacobian),
        ...(predicted === null ? [] : [line('theory', predicted)]),
        ...(agreement === null
          ? []
          : [verdicts([agreement.sMax, undefined, agreement.mean, agreement.variance])]),
      ],
      options,
    ),
    '',
    ...table(
      tenths,
      [
        ['measured', ...jacobian.deciles.slice(1, -1).map(formatNumber)],
        ...(predicted === null ? [] : [['theory', ...predicted.deciles.map(formatNumber)]]),
        ...(agreement === null ? [] : [verdicts(agreement.deciles)]),
      ],
      options,
    ),
    ...wrap('deciles: this share of the singular values is smaller', options.width).map((text) =>
      painter(options.colour)('dim', text),
    ),
    ...(reason === null ? [] : ['', ...wrap(printable(reason), options.width)]),
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

/** What gradients were compared, and how those of independent inputs correlate. */
export function shatteringIntroduction(shattering: ShatteringMeasurement): string {
  const { from, to, points, line, statistics, inputs, dead, correlation, draws } = shattering;
  const held =
    statistics === null
      ? ''
      : statistics === 'held'
        ? ' Statistics of the batch are held.'
        : ' Statistics of the batch move with its inputs.';
  const lost =
    dead === 0
      ? ''
      : ` In ${dead} of ${dead + draws.correlation.length} draws all gradients are 0; these are left out.`;
  return `Gradients of \`${to}\`, projected, with respect to \`${from}\`: those of ${inputs} independent inputs correlate by ${formatNumber(correlation)}, and those of ${points} inputs along a line (${line}) as below.${held}${lost}`;
}

/** How gradients of neighbouring inputs resemble each other, beside white and brown noise. */
export function shatteringLines(
  shattering: ShatteringMeasurement,
  options: TextOptions,
): readonly string[] {
  const { autocorrelation, white, brown } = shattering;
  const shown = lags.filter((lag) => lag < autocorrelation.length);
  const row = (name: string, values: readonly number[]): Cell[] => [
    name,
    ...shown.map((lag) => correlationText(values[lag] ?? NaN)),
  ];
  return [
    ...wrap(
      `${shatteringIntroduction(shattering)} By the number of steps between them:`,
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

/** The lag at which an autocorrelation first is below ½, `null` where it stays above. */
function halfLag(autocorrelation: readonly number[]): number | null {
  const lag = autocorrelation.findIndex((value) => value < 0.5);
  return lag < 0 ? null : lag;
}

/**
 * Which noise the gradients are like, in a sentence. They are white where the autocorrelation at lag 1 is 0 to 4.5 times
 * the error `1/√(points draws)` that it has for white noise.
 */
export function shatteringSentence({
  points,
  autocorrelation,
  brown,
  draws,
}: ShatteringMeasurement): string {
  const [, next] = autocorrelation;
  if (Math.abs(next) < 4.5 / Math.sqrt(points * draws.correlation.length)) {
    return 'They are like white noise: the gradient of an input says nothing about that of its neighbour, so it is shattered.';
  }
  const [own, smooth] = [halfLag(autocorrelation), halfLag(brown)];
  if (own !== null && (smooth === null || own < smooth)) {
    const beside = smooth === null ? 'more than are shown here' : counted(smooth, 'step');
    return `Half of the likeness is lost within ${counted(own, 'step')}, that of brown noise within ${beside}: the gradient is on its way to shatter.`;
  }
  return 'They are at least as smooth as brown noise: the gradient does not shatter.';
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
