import type { Agreement } from '../agreement/index.ts';
import type { MeasuredParameter } from '../measure/index.ts';
import type { ReportedLayer } from './measurement-report.ts';
import { formatNumber, formatShape, formatShare } from './number.ts';
import { painter, type Style } from './paint.ts';
import { shownRows, withGaps } from './shortened.ts';
import { table, type Cell, type Column } from './table.ts';
import { distinctParts, printable, shorten, wrap } from './text.ts';
import type { TextOptions } from './types.ts';

/** Columns of a terminal from which on a table has its less important columns. */
const ROOMY = 118;

/** A measured number, in words where it is not finite. */
export function momentText({ secondMoment, notFinite }: ReportedLayer): string {
  if (secondMoment !== null) return formatNumber(secondMoment);
  const word = notFinite?.secondMoment;
  return word === undefined ? '–' : word === 'Infinity' ? 'inf' : word;
}

/** The verdict on a line: `agrees`, what differs by how many standard errors, or that nothing is predicted. */
export function verdictText(
  parts: readonly (readonly [symbol: string, agreement: Agreement | undefined])[],
): { readonly text: string; readonly verdict: Agreement['verdict'] } {
  const differing = parts.filter(([, agreement]) => agreement?.verdict === 'differs');
  if (differing.length > 0) {
    const list = differing.map(([symbol, agreement]) => {
      const errors = agreement?.errors ?? null;
      return `${symbol} ${errors === null ? '' : errorsText(errors)}`.trim();
    });
    const text = list.join(', ');
    return { text: text === '' ? 'differs' : `differs: ${text}`, verdict: 'differs' };
  }
  return parts.some(([, agreement]) => agreement?.verdict === 'agrees')
    ? { text: 'agrees', verdict: 'agrees' }
    : { text: 'not predicted', verdict: 'not predicted' };
}

/** How many standard errors, `5.2σ`. */
function errorsText(errors: number): string {
  const size = Math.abs(errors);
  return `${size < 9.95 ? size.toFixed(1) : formatNumber(Number(size.toPrecision(2)))}σ`;
}

const styles: Readonly<Record<Agreement['verdict'], Style>> = {
  agrees: 'green',
  differs: 'yellow',
  'not predicted': 'dim',
};

interface Quantity {
  readonly title: string;
  readonly text: (layer: ReportedLayer) => string;
  /** Colour of a cell. */
  readonly style?: (layer: ReportedLayer) => Style | null;
  readonly align?: 'left' | 'right';
}

const VERDICT = 'verdict';

const mark = (agreement: Agreement | undefined): Style | null =>
  agreement?.verdict === 'differs' ? 'yellow' : null;

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

/** The places of a long table that matter: where it is not finite first, differs first, is not predicted first. */
function placesOf(
  layers: readonly ReportedLayer[],
  verdict: (layer: ReportedLayer) => Agreement['verdict'],
): readonly number[] {
  return [
    layers.findIndex(({ notFinite }) => notFinite !== undefined),
    layers.findIndex((layer) => verdict(layer) === 'differs'),
    layers.findIndex((layer) => verdict(layer) === 'not predicted'),
  ];
}

const signalVerdict = ({
  agreement,
}: ReportedLayer): { readonly text: string; readonly verdict: Agreement['verdict'] } =>
  verdictText([
    ['E[x²]', agreement?.q],
    ['c', agreement?.c],
  ]);

const gradientVerdict = ({
  agreement,
}: ReportedLayer): { readonly text: string; readonly verdict: Agreement['verdict'] } =>
  verdictText([['', agreement?.gradient]]);

/**
 * The signal layer by layer: second moment and correlation of two examples beside the theory, share of dead and
 * of saturated units, and the verdict. What was not measured anywhere has no column.
 */
export function measuredSignal(
  layers: readonly ReportedLayer[],
  options: TextOptions,
): readonly string[] {
  const has = (test: (layer: ReportedLayer) => unknown): boolean =>
    layers.some((layer) => (test(layer) ?? null) !== null);
  const isPredicted = has(({ predicted }) => predicted);
  const roomy = options.width >= ROOMY;
  const hasC = has(({ c }) => c);
  const quantities: readonly (Quantity | null)[] = [
    {
      title: 'E[x²]',
      text: momentText,
      style: (layer) => (layer.notFinite === undefined ? mark(layer.agreement?.q) : 'red'),
    },
    isPredicted
      ? { title: 'E[x²]\ntheory', text: ({ predicted }) => formatNumber(predicted?.q ?? null) }
      : null,
    hasC
      ? {
          title: 'c',
          text: ({ c }) => formatNumber(c),
          style: ({ agreement }) => mark(agreement?.c),
        }
      : null,
    hasC && isPredicted
      ? { title: 'c\ntheory', text: ({ predicted }) => formatNumber(predicted?.c ?? null) }
      : null,
    roomy ? { title: 'mean', text: ({ mean }) => formatNumber(mean) } : null,
    has(({ dead }) => dead) ? { title: 'dead', text: ({ dead }) => formatShare(dead) } : null,
    has(({ saturated }) => saturated)
      ? { title: 'satur.', text: ({ saturated }) => formatShare(saturated) }
      : null,
    has(({ effectiveRank }) => effectiveRank)
      ? { title: 'rank', text: ({ effectiveRank }) => formatNumber(effectiveRank) }
      : null,
    isPredicted
      ? {
          title: VERDICT,
          align: 'left',
          text: (layer) => signalVerdict(layer).text,
          style: (layer) => styles[signalVerdict(layer).verdict],
        }
      : null,
  ];
  return quantityTable(
    layers,
    quantities.flatMap((quantity) => quantity ?? []),
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
  const isPredicted = reached.some(({ predicted }) => predicted !== null);
  const quantities: readonly (Quantity | null)[] = [
    {
      title: 'E[g²]',
      text: ({ gradientSecondMoment }) => formatNumber(gradientSecondMoment),
      style: ({ agreement }) => mark(agreement?.gradient),
    },
    isPredicted
      ? {
          title: 'E[g²]\ntheory',
          text: ({ predicted }) => formatNumber(predicted?.gradient ?? null),
        }
      : null,
    isPredicted
      ? {
          title: VERDICT,
          align: 'left',
          text: (layer) => gradientVerdict(layer).text,
          style: (layer) => styles[gradientVerdict(layer).verdict],
        }
      : null,
  ];
  return quantityTable(
    reached,
    quantities.flatMap((quantity) => quantity ?? []),
    placesOf(reached, (layer) => gradientVerdict(layer).verdict),
    options,
  );
}

/** What the tables' symbols mean, as dim lines. */
export function tableLegend(
  layers: readonly ReportedLayer[],
  options: TextOptions,
): readonly string[] {
  const paint = painter(options.colour);
  const parts = [
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
  ];
  return wrap(parts.join('; '), options.width).map((line) => paint('dim', line));
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
