import type { Agreement } from '../agreement/index.ts';
import type { MeasuredParameter } from '../measure/index.ts';
import type { ReportedLayer } from './measurement-report.ts';
import {
  gradientQuantities,
  gradientVerdict,
  signalQuantities,
  signalVerdict,
  VERDICT,
  type Quantity,
} from './measurement-quantities.ts';
import { formatNumber, formatShape } from './number.ts';
import { painter } from './paint.ts';
import { shownRows, withGaps } from './shortened.ts';
import { table, type Cell, type Column } from './table.ts';
import { distinctParts, printable, shorten } from './text.ts';
import type { TextOptions } from './types.ts';

/** Columns of a terminal from which on a table has its less important columns. */
const ROOMY = 118;

function quantityTable(
  layers: readonly ReportedLayer[],
  quantities: readonly Quantity[],
  places: readonly number[],
  options: TextOptions,
): readonly string[] {
  const paint = painter(options.colour);
  const shown = shownRows(layers.length, places);
  const names = distinctParts(shown.map((index) => printable(layers[index].name)));
  const roomy = options.width >= ROOMY;
  const columns: readonly Column[] = [
    { title: 'layer', min: 10 },
    { title: 'op' },
    ...quantities.map(({ title, align = 'right' }): Column =>
      title === VERDICT ? { title, align, min: 8 } : { title, align },
    ),
  ];
  const rows = shown.map((index, position): readonly Cell[] => {
    const layer = layers[index];
    return [
      names(position, roomy ? 36 : 20),
      shorten(printable(layer.op), roomy ? 24 : 10),
      ...quantities.map(({ text, style }): Cell => {
        const found = style?.(layer) ?? null;
        return found === null
          ? text(layer)
          : { text: text(layer), paint: (padded) => paint(found, padded) };
      }),
    ];
  });
  return withGaps(table(columns, rows, options), shown, options);
}

/** The rows of a long table that matter: where it is not finite first, differs first, is not predicted first. */
export function placesOf(
  layers: readonly ReportedLayer[],
  verdict: (layer: ReportedLayer) => Agreement['verdict'],
): readonly number[] {
  return [
    layers.findIndex(({ notFinite }) => notFinite !== undefined),
    layers.findIndex((layer) => verdict(layer) === 'differs'),
    layers.findIndex((layer) => verdict(layer) === 'not predicted'),
  ];
}

/** The signal layer by layer beside the theory. */
export function measuredSignal(
  layers: readonly ReportedLayer[],
  options: TextOptions,
): readonly string[] {
  return quantityTable(
    layers,
    signalQuantities(layers, options.width >= ROOMY),
    placesOf(layers, (layer) => signalVerdict(layer).verdict),
    options,
  );
}

/** The gradient layer by layer beside the theory; empty where it was not measured. */
export function measuredGradients(
  layers: readonly ReportedLayer[],
  options: TextOptions,
): readonly string[] {
  const reached = layers.filter(({ gradientSecondMoment }) => gradientSecondMoment !== null);
  if (reached.length === 0) return [];
  return quantityTable(
    reached,
    gradientQuantities(reached),
    placesOf(reached, (layer) => gradientVerdict(layer).verdict),
    options,
  );
}

/** What the symbols of the tables mean. */
export function symbols(layers: readonly ReportedLayer[]): string {
  return [
    'c: correlation of two examples, E[xx′]/E[x²]',
    ...(layers.some(({ saturated }) => saturated !== null)
      ? ['satur.: within 1% of a bound of the activation']
      : []),
    ...(layers.some(({ effectiveRank }) => effectiveRank !== null)
      ? ['rank: effective rank of examples × units']
      : []),
    ...(layers.some(({ agreement }) => agreement !== null)
      ? ['σ: standard error, from width, draws and examples']
      : []),
  ].join('; ');
}

/** Parameters: norms of weights and gradients, and how far a step of gradient descent goes. */
export function measuredParameters(
  parameters: readonly MeasuredParameter[],
  learningRate: number | null,
  options: TextOptions,
): readonly string[] {
  const hasGradients = parameters.some(({ gradientNorm }) => gradientNorm !== null);
  const shown = shownRows(parameters.length, []);
  const names = distinctParts(shown.map((index) => printable(parameters[index].name)));
  const columns: readonly Column[] = [
    { title: 'parameter', min: 10 },
    { title: 'shape', align: 'right' },
    { title: '‖W‖', align: 'right' },
    ...(hasGradients ? [{ title: '‖∂L/∂W‖', align: 'right' } satisfies Column] : []),
    ...(learningRate === null ? [] : [{ title: `η‖∂L/∂W‖/‖W‖`, align: 'right' } satisfies Column]),
  ];
  const rows = shown.map((index, position): readonly Cell[] => {
    const { shape, weightNorm, gradientNorm, updateRatio } = parameters[index];
    return [
      names(position, options.width >= ROOMY ? 40 : 28),
      formatShape(shape),
      formatNumber(weightNorm),
      ...(hasGradients ? [formatNumber(gradientNorm)] : []),
      ...(learningRate === null ? [] : [formatNumber(updateRatio)]),
    ];
  });
  return withGaps(table(columns, rows, options), shown, options);
}
