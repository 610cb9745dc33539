import type { ComparedScheme, ComparisonReport } from './comparison-report.ts';
import { comparedRows } from './comparison-rows.ts';
import type { ReportedLayer } from './measurement-report.ts';
import { formatNumber } from './number.ts';
import { painter, type Paint } from './paint.ts';
import { shownRows, withGaps } from './shortened.ts';
import { naturalWidths, table, totalWidth, type Cell, type Column } from './table.ts';
import { distinctParts, indent, printable, shorten, wrap } from './text.ts';
import type { TextOptions } from './types.ts';

/** Rows of a table by layer: there are several of them, so each is short. */
const ROWS = 12;

interface LayerQuantity {
  readonly title: string;
  readonly measured: (layer: ReportedLayer) => number | null;
  readonly theory: (layer: ReportedLayer) => number | null;
}

const quantities: readonly LayerQuantity[] = [
  {
    title: 'Second moment E[x²]',
    measured: ({ secondMoment }) => secondMoment,
    theory: ({ predicted }) => predicted?.q ?? null,
  },
  {
    title: 'Correlation c of two examples',
    measured: ({ c }) => c,
    theory: ({ predicted }) => predicted?.c ?? null,
  },
  {
    title: 'Second moment of the gradient E[g²]',
    measured: ({ gradientSecondMoment }) => gradientSecondMoment,
    theory: ({ predicted }) => predicted?.gradient ?? null,
  },
];

/** The layers of a comparison that are shown: both ends, and where a scheme goes wrong. */
export function comparedLayers(
  schemes: readonly ComparedScheme[],
  limit?: number,
): readonly number[] {
  const [{ layers }] = schemes;
  const wild = schemes.map((scheme) =>
    scheme.layers.findIndex(({ notFinite }) => notFinite !== undefined),
  );
  return shownRows(layers.length, wild, limit);
}

const nameWidth = 24;

/** A quantity by layer, with a column for each scheme, or two where there is room for the theory. */
function quantityTable(
  schemes: readonly ComparedScheme[],
  { measured, theory }: LayerQuantity,
  options: TextOptions,
): readonly string[] {
  const isMeasured = schemes.some(({ layers }) => layers.some((each) => measured(each) !== null));
  if (!isMeasured) return [];
  const [{ layers }] = schemes;
  const shown = comparedLayers(schemes, ROWS);
  const names = distinctParts(shown.map((index) => printable(layers[index].name)));
  const isPredicted = (scheme: ComparedScheme): boolean =>
    scheme.layers.some((layer) => theory(layer) !== null);
  const draw = (
    withTheory: boolean,
  ): { readonly columns: readonly Column[]; readonly rows: readonly (readonly Cell[])[] } => ({
    columns: [
      { title: 'layer', min: 10 },
      ...schemes.flatMap((scheme): Column[] => [
        { title: shorten(printable(scheme.scheme), nameWidth), align: 'right', min: 9 },
        ...(withTheory && isPredicted(scheme)
          ? [{ title: 'theory', align: 'right' } satisfies Column]
          : []),
      ]),
    ],
    rows: shown.map((index, position): readonly Cell[] => {
      const cells = schemes.flatMap((scheme) => [
        numberIn(scheme, index, measured),
        ...(withTheory && isPredicted(scheme) ? [numberIn(scheme, index, theory)] : []),
      ]);
      return [names(position, nameWidth), ...cells];
    }),
  });
  const full = draw(true);
  const fits = totalWidth(naturalWidths(full.columns, full.rows)) <= options.width;
  const { columns, rows } = fits ? full : draw(false);
  return withGaps(table(columns, rows, options), shown, options);
}

const numberIn = (
  { layers }: ComparedScheme,
  index: number,
  quantity: (layer: ReportedLayer) => number | null,
): string => {
  const layer = layers[index];
  return layer === undefined ? '–' : formatNumber(quantity(layer));
};

/** What a comparison was made on: `mlp:…: 3 schemes, 2 draws of each; 32 examples, Gaussian`. */
export function comparedOn({ schemes, draws, inputs, seed }: ComparisonReport): string {
  const each =
    draws === 1 ? `seed ${seed}` : `${draws} draws of each, seeds ${seed} to ${seed + draws - 1}`;
  const moment = inputs.q === null ? '' : ` with E[x²] = ${formatNumber(inputs.q)}`;
  const examples = `${inputs.examples} ${inputs.examples === 1 ? 'example' : 'examples'}`;
  return `${schemes.length} schemes, ${each}; ${examples}, ${inputs.from}${moment}`;
}

/** A comparison for a terminal: the schemes side by side, layer by layer, verdict on each, and which to take. */
export function comparisonText(report: ComparisonReport, options: TextOptions): string {
  const paint = painter(options.colour);
  const { schemes } = report;
  const section = (title: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0 ? [] : ['', paint('bold', title), '', ...lines];
  const list = (items: readonly string[]): readonly string[] =>
    items.flatMap((item) =>
      indent(printable(item), options.width, 2).map((line, i) =>
        i === 0 ? `- ${line.slice(2)}` : line,
      ),
    );
  const rows = comparedRows(schemes);
  return [
    ...wrap(printable(report.model), options.width).map((line) => paint('bold', line)),
    ...wrap(printable(comparedOn(report)), options.width),
    '',
    ...table(
      [
        { title: '' },
        ...schemes.map(({ scheme }): Column => ({
          title: shorten(printable(scheme), nameWidth),
          align: 'right',
          min: 9,
        })),
      ],
      rows.map((row) =>
        [row.name as Cell].concat(schemes.map((scheme) => wordCell(row.text(scheme), paint))),
      ),
      options,
    ),
    ...quantities.flatMap((quantity) =>
      section(quantity.title, quantityTable(schemes, quantity, options)),
    ),
    ...section('Verdicts', list(schemes.map(({ scheme, verdict }) => `${scheme}: ${verdict}`))),
    '',
    ...wrap(printable(report.verdict), Math.max(options.width - 2, 10)).map(
      (line) => `${paint('cyan', '▌')} ${paint('bold', line)}`,
    ),
    ...section('Notes', list(report.notes)),
  ].join('\n');
}

function wordCell(text: string, paint: Paint): Cell {
  return BAD.has(text) ? { text, paint: (padded) => paint('red', padded) } : text;
}

/** Words that say that something is lost. */
const BAD: ReadonlySet<string> = new Set([
  'vanishes',
  'explodes',
  'not finite',
  'dies',
  'vanish',
  'explode',
]);
